"""How callers prove who they are, surface by surface. Each run has clients of its own, made through /v1."""

import functools
import time
import uuid

import jwt
import schemathesis

from formats import FIXTURES
from roster import KEY, URL, make

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@functools.cache
def oauth_client():
    """The id of an OAuth client whose key is among the fixtures."""
    public_key = (FIXTURES / "client.pub.pem").read_text()
    return make("/v1/clients", {"kind": "oauth_client", "public_key": public_key})["id"]


def assertion(token_path):
    """What the OAuth client says of itself to one token endpoint, signed (RFC 7523)."""
    now = int(time.time())
    client = oauth_client()
    claims = {
        "iss": client,
        "sub": client,
        "aud": f"{URL}{token_path}",
        "iat": now,
        "exp": now + 60,
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, (FIXTURES / "client.pem").read_text(), algorithm="RS256")


def oauth(token_path):
    """An access token for the OAuth client."""
    request = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": assertion(token_path),
    }
    return bearer(make(token_path, request)["access_token"])


@functools.cache
def service_account():
    """What a service account signs in with."""
    account = {"email": f"{uuid.uuid4()}@example.org", "password": "correct-horse-battery-9"}
    make("/v1/clients", {"kind": "service_account", **account})
    return account


def refresh_token(user_api, user):
    """A token that a session of a user is continued with, given by the server API beside a user API."""
    server_api = user_api.split("/user/")[0] + "/server"
    return make(f"{server_api}/jwt/authenticate/{user}", None, headers(server_api))["refresh_token"]


# The beginning of the paths of each surface, and the headers that open it.
SURFACES = {
    "/v1/": lambda: bearer(KEY),
    "/nabla/v1/core/server": lambda: oauth("/nabla/v1/core/server/oauth/token"),
    "/nabla/v1/copilot-api/server": lambda: bearer(KEY),
    "/nabla/v1/connect/server": lambda: oauth("/nabla/v1/connect/server/oauth/token"),
    "/upheal/": lambda: {"x-api-key": KEY},
    "/corti/functions/v1/public": lambda: bearer(
        make("/corti/functions/v1/public/auth/token", service_account())["accessToken"]
    ),
}


def headers(path):
    """The headers that open a path; none where nobody is asked for credentials."""
    surface = next((surface for surface in SURFACES if path.startswith(surface)), None)
    return headers_in_minute(surface, int(time.time() // 60)) if surface else {}


@functools.cache
def headers_in_minute(surface, minute):
    """Fresh ones each minute, since tokens run out."""
    return SURFACES[surface]()


@schemathesis.auth(refresh_interval=60)
class Credentials:
    """Credentials that are valid throughout the run."""

    def get(self, case, context):
        return headers(context.operation.full_path)

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), **data}
