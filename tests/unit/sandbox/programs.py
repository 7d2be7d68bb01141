"""Bootstraps for `provided` functions, written as scripts so that nothing has to be built."""

#: The loop of a runtime in Python, around `handle(event, headers)`; `call` speaks to the API.
_LOOP = """#!/usr/bin/python3 -S
import http.client, json, os, signal, subprocess, sys, time
API = os.environ["AWS_LAMBDA_RUNTIME_API"]
def call(method, path, body=None, headers={}):
    connection = http.client.HTTPConnection(API)
    connection.request(method, "/2018-06-01/runtime/" + path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()
def log(*words):
    print(*words, flush=True)
%s
while True:
    status, headers, event = call("GET", "invocation/next")
    id = headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        result = json.dumps(handle(json.loads(event), headers))
    except Exception as error:
        document = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__})
        call("POST", "invocation/%%s/error" %% id, document)
    else:
        call("POST", "invocation/%%s/response" %% id, result)
"""


def bootstrap(source: str) -> dict[str, str]:
    """Return the files of a function whose `handle` is defined in a source text."""
    return {"bootstrap": _LOOP % source}


#: The start of an extension in Python, before its own lines.
_EXTENSION = """#!/usr/bin/python3 -S
import http.client, json, os, signal, sys, time
API = os.environ["AWS_LAMBDA_RUNTIME_API"]
def call(method, path, body=None, headers={}):
    connection = http.client.HTTPConnection(API)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, json.loads(answer.read() or b"null")
def register(*events):
    headers = {"Lambda-Extension-Name": os.path.basename(sys.argv[0])}
    body = json.dumps({"events": events})
    status, headers, about = call("POST", "/2020-01-01/extension/register", body, headers)
    assert status == 200, about
    return {"Lambda-Extension-Identifier": headers["Lambda-Extension-Identifier"]}
def next_event(me):
    return call("GET", "/2020-01-01/extension/event/next", None, me)[2]
def log(*words):
    print(*words, flush=True)
"""


def extension(source: str) -> str:
    """Return a program for /opt/extensions."""
    return _EXTENSION + source


#: A runtime that streams: `pieces` (each repeated to `size`), all of them `times` times, with
#: `pause_s` between; `error` (type, document) ends it in trailers, `break` by a closed connection.
_STREAMING = """#!/usr/bin/python3 -S
import base64, http.client, json, os, time
API = os.environ["AWS_LAMBDA_RUNTIME_API"]
PATH = "/2018-06-01/runtime/invocation/"
def send(connection, piece):
    connection.send(b"%x\\r\\n%b\\r\\n" % (len(piece), piece))
while True:
    connection = http.client.HTTPConnection(API)
    connection.request("GET", PATH + "next")
    answer = connection.getresponse()
    id, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(answer.read())
    connection.putrequest("POST", PATH + id + "/response")
    connection.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.putheader("Content-Type", event.get("type", "text/plain"))
    connection.endheaders()
    sent = 0
    for _ in range(event.get("times", 1)):
        for piece in event["pieces"]:
            if sent:
                time.sleep(event.get("pause_s", 0))
            sent += 1
            send(connection, piece.encode() * event.get("size", 1))
            print("sent", sent, flush=True)
    if event.get("break"):
        connection.close()
        continue
    trailers = b""
    if "error" in event:
        kind, document = event["error"]
        body = base64.b64encode(json.dumps(document).encode())
        trailers = b"Lambda-Runtime-Function-Error-Type: %b\\r\\n" % kind.encode()
        trailers += b"Lambda-Runtime-Function-Error-Body: %b\\r\\n" % body
    connection.send(b"0\\r\\n" + trailers + b"\\r\\n")
    connection.getresponse().read()
"""


def streaming_bootstrap() -> dict[str, str]:
    """Return the files of a function that streams what its event says."""
    return {"bootstrap": _STREAMING}
