"""What the path of a request names. Schemathesis makes ids up, and nobody has them: requests that are meant to be right
would never get past the look-up, and where a vendor's API answers 400 or 403 for a stranger, they would seem refused
without cause. So what they name is made, through another surface."""

import itertools
import uuid
from urllib.parse import unquote

from credentials import assertion, headers, refresh_token, service_account
from roster import ask, make
from rules import CREDENTIALS

NUMBERS = itertools.count(1)

# How many requests that follow no others may make Roster call a vendor.
VENDOR_CALLS = iter(range(1, 4))


def put(case):
    """Makes what the path of a request names, or names something that there is."""
    path = case.operation.full_path
    if path.startswith("/nabla/"):
        nabla(case)
    elif path.startswith("/upheal/"):
        upheal(case)
    elif path.startswith("/corti/"):
        corti(case)
    elif path.startswith("/v1/") and not is_stateful(case):
        canonical(case)
    login(case)


def is_stateful(case):
    """Whether the request follows others, whose answers it takes its ids from."""
    return case.meta is not None and case.meta.phase.name.value == "stateful"


def user(**fields):
    """A new user with a name and an address, or None if the fields break a rule."""
    number = next(NUMBERS)
    person = {"email": f"clinician-{number}@example.org", "first_name": "Ada", "last_name": f"Moreau {number}"}
    made = ask("POST", "/v1/users", {**person, **fields})
    return made.json() if made.status_code == 201 else None


def connection():
    """A connection to a host that there is not (RFC 2606)."""
    for stored in ask("GET", "/v1/connections").json()["data"]:
        return stored["id"]
    made = {"vendor": "nabla_core", "base_url": "https://vendor.invalid", "credentials": CREDENTIALS["nabla_core"]}
    return make("/v1/connections", made)["id"]


def group():
    """A new group, which only an identity provider can make, with a member."""
    members = [{"value": user()["id"]}]
    made = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": f"Clinicians {next(NUMBERS)}"}
    return make("/scim/v2/Groups", {**made, "members": members})["id"]


def canonical(case):
    """/v1: users, connections, clients and groups by their ids."""
    given = case.path_parameters or {}
    path = case.operation.path
    if path.startswith("/v1/users/{id}"):
        if "connection_id" in given:
            given["connection_id"] = connection()
        given["id"] = user()["id"]
    elif path == "/v1/connections/{id}/test":
        # It calls the vendor, which takes seconds since there is none and Roster is patient.
        given["id"] = connection() if next(VENDOR_CALLS, None) else str(uuid.uuid4())
    elif path.startswith("/v1/connections/{id}"):
        given["id"] = connection()
    elif path.startswith("/v1/clients/{id}"):
        given["id"] = ask("POST", "/v1/clients", {"kind": "api_key"}).json()["id"]
    elif path.startswith("/v1/groups/{id}"):
        if "connection_id" in given:
            given["connection_id"] = connection()
        given["id"] = group()


def nabla(case):
    """Nabla: users by their ids, and by their ids in the customer's own system. A stranger is answered with 400."""
    given = case.path_parameters or {}
    if "id" in given and not ask("GET", f"/v1/users/{given['id']}").ok:
        given["id"] = user()["id"]
    if "external_id" in given:
        user(external_id=unquote(given["external_id"]))


def upheal(case):
    """Upheal: users by their ids or the partner's, and the organization by its own. A stranger is answered with 403; whoever is
    inactive cannot be changed, and whoever is active cannot be activated, both with 400."""
    given = case.path_parameters or {}
    if "orgId" in given:
        given["orgId"] = ask("GET", "/v1/organization").json()["id"]
    for name in ("userId", "providerUserId"):
        if name not in given:
            continue
        found = find(unquote(given[name]))
        if found is None and not is_stateful(case):
            found = user(external_id=unquote(given[name])) or user()
            if found["external_id"] is None:
                given[name] = found["id"]
        if found is None:
            continue
        if case.method == "PATCH" and not found["active"]:
            ask("POST", f"/v1/users/{found['id']}/activate")
        if case.operation.path.endswith("/activate") and found["active"]:
            ask("POST", f"/v1/users/{found['id']}/deactivate")


def find(text):
    """The user with an id or an external id."""
    try:
        answer = ask("GET", f"/v1/users/{uuid.UUID(text)}")
        return answer.json() if answer.ok else None
    except ValueError:
        answer = ask("GET", "/v1/users", query={"external_id": text})
        return answer.json()["data"][0] if answer.ok and answer.json()["data"] else None


def corti(case):
    """Corti: the project, which is the organization, its customers, and their users. A stranger is answered with 404."""
    given = case.path_parameters or {}
    if "projectId" not in given:
        return
    given["projectId"] = "default"
    if is_stateful(case) or "customerId" not in given:
        return
    opens = headers(case.operation.full_path)
    customers = "/corti/functions/v1/public/projects/default/customers"
    customer = {"customerId": unquote(given["customerId"]), "displayName": "Contoso"}
    made = ask("POST", customers, customer, opens).status_code
    if case.operation.path.endswith("/{customerId}") and made != 201:
        # One without users, which could be renamed and deleted; the default one can not.
        customer["customerId"] = given["customerId"] = str(uuid.uuid4())
        ask("POST", customers, customer, opens)
    elif made not in (201, 409):
        given["customerId"] = "default"
    if "userId" in given:
        number = next(NUMBERS)
        person = {"email": f"clinician-{number}@example.org", "firstName": "Ada", "lastName": "Moreau"}
        made = ask("POST", f"{customers}/{given['customerId']}/users", person, opens)
        if made.status_code == 201:
            given["userId"] = made.json()["id"]


def login(case):
    """Where something is signed in with, only one secret is right. Requests that are meant to be right have it."""
    if not isinstance(case.body, dict):
        return
    path = case.operation.full_path
    if path.endswith("/oauth/token"):
        case.body["client_assertion"] = assertion(path)
    elif path.endswith("/auth/token"):
        case.body.update(service_account())
    elif path.endswith(("/jwt/refresh", "/jwt/logout")):
        case.body["refresh_token"] = refresh_token(path, user()["id"])
