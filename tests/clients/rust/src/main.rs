//! The bootstrap of a function, on AWS's own crate.

use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "do", default)]
    what: String,
    #[serde(default)]
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    text: String,
    request_id: String,
    arn: String,
    has_time: bool,
    memory_mb: i32,
}

async fn handle(event: LambdaEvent<Event>) -> Result<Answer, Error> {
    let LambdaEvent { payload, context } = event;
    match payload.what.as_str() {
        "fail" => return Err(payload.text.into()),
        "panic" => panic!("{}", payload.text),
        "exit" => std::process::exit(3),
        _ => {}
    }
    Ok(Answer {
        text: payload.text,
        has_time: context.deadline() > std::time::SystemTime::now(),
        request_id: context.request_id,
        arn: context.invoked_function_arn,
        memory_mb: context.env_config.memory,
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
