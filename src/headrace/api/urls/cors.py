"""What web pages of other sites may do with a function URL: answer browsers as it is configured.

Source: spec/lambda.md 1.17; the Fetch standard for what browsers ask.
"""

from headrace.core.functions.url import Cors
from headrace.wire.envelope import HttpRequest, HttpResponse

Headers = list[tuple[str, str]]

_PREFIX = "access-control-"


def answer_preflight(request: HttpRequest, cors: Cors | None) -> HttpResponse | None:
    """Return the answer to a browser that asks before it sends; None: it is no such request.

    The function is not run for it. What is not allowed gets an answer without permission.
    """
    asked = request.headers.get("access-control-request-method")
    if cors is None or request.method != "OPTIONS" or "origin" not in request.headers:
        return None
    if asked is None:
        return None
    headers = _allowed(request, cors)
    methods = cors.allow_methods or ()
    if not headers or not ("*" in methods or asked.upper() in map(str.upper, methods)):
        return HttpResponse(200, [("Vary", "Origin")])
    headers.append(("Access-Control-Allow-Methods", ",".join(methods)))
    if cors.allow_headers:
        headers.append(("Access-Control-Allow-Headers", ",".join(cors.allow_headers)))
    if cors.max_age_s is not None:
        headers.append(("Access-Control-Max-Age", str(cors.max_age_s)))
    return HttpResponse(200, headers)


def with_permission(request: HttpRequest, cors: Cors | None, answer: HttpResponse) -> HttpResponse:
    """Return an answer with what the configuration allows in the place of the function's word."""
    if cors is None:
        return answer
    headers = [
        (name, value) for name, value in answer.headers if not name.lower().startswith(_PREFIX)
    ]
    allowed = _allowed(request, cors)
    if allowed and cors.expose_headers:
        allowed.append(("Access-Control-Expose-Headers", ",".join(cors.expose_headers)))
    return HttpResponse(answer.status, headers + allowed, answer.body)


def _allowed(request: HttpRequest, cors: Cors) -> Headers:
    """Return what tells a browser that a page may read the answer; nothing: it may not."""
    origin = request.headers.get("origin", "")
    origins = cors.allow_origins or ()
    is_any = "*" in origins
    if not origin or not (is_any or origin.lower() in map(str.lower, origins)):
        return []
    if is_any and not cors.allow_credentials:
        return [("Access-Control-Allow-Origin", "*")]
    headers = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
    if cors.allow_credentials:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    return headers
