"""Zappa, which deploys a WSGI app without CloudFormation: role, code in a bucket, function, URL."""

import json
import subprocess
import sys
import urllib.request

import boto3
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

APP = """
def app(environ, start_response):
    print("asked for", environ["PATH_INFO"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"one " + environ["PATH_INFO"].encode()]


def tidy(event=None, context=None):
    return {"tidied": 3}
"""

#: That of the packages in Zappa's venv.
RUNTIME = f"python3.{sys.version_info.minor}"

#: What API Gateway and EventBridge would be needed for is left out, and so are packages that only
#: Zappa itself needs.
SETTINGS = {
    "project_name": "shop",
    "app_function": "shop.app",
    "s3_bucket": "shop-code",
    "apigateway_enabled": False,
    "keep_warm": False,
    "function_url_enabled": True,
    "use_precompiled_packages": False,
    "exclude": ["boto*", "s3transfer*", "troposphere*", "cfn_*", "yaml*", "pip*", "tqdm*"],
}


@pytest.fixture
def zappa(server, deployers, client_environment, tmp_path):
    """Return a function that runs a word of Zappa's on the app and returns what it says."""
    app = tmp_path / "shop"
    app.mkdir()
    (app / "shop.py").write_text(APP)
    environment = client_environment(server.endpoint)
    region = environment["AWS_DEFAULT_REGION"]
    settings = {"dev": SETTINGS | {"aws_region": region, "runtime": RUNTIME}}
    (app / "zappa_settings.json").write_text(json.dumps(settings))
    environment["VIRTUAL_ENV"] = str(deployers)  # what it packs with the app

    def run(*words):
        done = subprocess.run(
            [deployers / "bin" / "zappa", *words],
            cwd=app,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run.folder = app
    return run


def test_an_app_is_deployed_asked_followed_updated_rolled_back_and_undeployed(
    zappa, server, client_environment
):
    said = zappa("deploy", "dev")
    assert "Deployment complete!" in said
    url = said.partition("function URL address: ")[2].split()[0]

    def get(path):
        # The URL by its path, because not every resolver knows names below localhost.
        name = url.removeprefix("http://").partition(".")[0]
        place = f"{server.endpoint}/_headrace/url/{name}{path}"
        with urllib.request.urlopen(place, timeout=30) as answer:
            return answer.read().decode()

    assert get("/books") == "one /books"
    assert "{'tidied': 3}" in zappa("invoke", "dev", "shop.tidy")
    tail = zappa("tail", "dev", "--disable-keep-open", "--since", "10m")
    assert tail.count("asked for /books") == 1
    (zappa.folder / "shop.py").write_text(APP.replace("one ", "two "))
    assert "deployment is live!" in zappa("update", "dev")
    assert get("/") == "two /"
    assert "Done!" in zappa("rollback", "dev", "-n", "1")
    environment = client_environment(server.endpoint)
    functions = boto3.client(
        "lambda",
        endpoint_url=server.endpoint,
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    functions.get_waiter("function_updated_v2").wait(FunctionName="shop-dev")
    assert get("/") == "one /"
    assert "Done!" in zappa("undeploy", "dev", "--yes", "--remove-logs")
    assert functions.list_functions()["Functions"] == []
    functions.close()
