"""The rules that hold between fields, and between a request and what is in the store. No JSON Schema can express them, so
requests that were made up field by field are brought into agreement with them here."""

import re
import uuid

from formats import FIXTURES, LANGUAGE_TAG
from roster import ask

# The last cursor that each list gave.
CURSORS = {}


def apply(case):
    """Brings a request that is meant to be right into agreement with every rule."""
    well_formed_preconditions(case)
    single_parameters(case)
    cursor_of_the_list(case)
    unique_keys(case)
    external_id_of_the_path(case)
    if isinstance(case.body, dict):
        connection(case)
        for part in parts(case.body):
            language_tags(part)
            if isinstance(part.get("specialty"), dict):
                specialty(part["specialty"])
            speech_locales(part)


def reveal(case):
    """Takes out of any request what would be refused before anything else is looked at."""
    fresh_idempotency_key(case)
    current_precondition(case)
    one_version(case)
    version_with_users(case)


def remember(case, response):
    """Keeps what later requests can refer to."""
    if case.method == "GET" and response.status_code == 200:
        body = response.json()
        if isinstance(body, dict) and body.get("next_cursor"):
            CURSORS[case.operation.label] = body["next_cursor"]


def fresh_idempotency_key(case):
    """An Idempotency-Key belongs to one request: with another it is refused, whatever else is right."""
    for name, value in list((case.headers or {}).items()):
        if name.lower() == "idempotency-key" and re.fullmatch("[!-~]{1,255}", value):
            case.headers[name] = str(uuid.uuid4())


ENTITY_TAGS = re.compile(r'\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*')


def well_formed_preconditions(case):
    """Schemathesis begins some requests that are meant to be right with a header that is meant to be wrong."""
    for name, value in list((case.headers or {}).items()):
        if name.lower() in ("if-match", "if-none-match") and not ENTITY_TAGS.fullmatch(value):
            del case.headers[name]


def current_precondition(case):
    """If-Match holds if it names the version that is stored, among others maybe. If it does not, nothing else is looked at."""
    for name, value in list((case.headers or {}).items()):
        if name.lower() == "if-match" and value != "*" and ENTITY_TAGS.fullmatch(value):
            collection = case.operation.path.split("/{id}")[0]
            stored = ask("GET", f"{collection}/{case.path_parameters['id']}")
            if "ETag" in stored.headers:
                case.headers[name] = f"{value}, {stored.headers['ETag']}"


def one_version(case):
    """Nabla's version comes in a header, or in the query where there is no such header: with both, the query is not looked at."""
    for query in case.operation.query:
        header = case.operation.headers.get(f"x-{query.name}")
        if header is None or query.name not in (case.query or {}):
            continue
        for name, value in list((case.headers or {}).items()):
            if name.lower() == header.name:
                if value in header.definition["schema"]["enum"]:
                    del case.headers[name]
                else:
                    del case.query[query.name]


# Nabla Connect's users are there from the next version on: in this one, whatever is wrong, the path is unknown.
VERSION_WITHOUT_USERS = "2026-02-13"


def version_with_users(case):
    """A version in which the operation exists."""
    if case.operation.full_path == "/nabla/v1/connect/server/users":
        for values in (case.headers or {}, case.query or {}):
            for name, value in list(values.items()):
                if value == VERSION_WITHOUT_USERS:
                    values[name] = "2026-03-23"


def single_parameters(case):
    """Parameters of a form are not repeated (RFC 6749, section 3.2), and what is a list is written so."""
    if case.media_type == "application/x-www-form-urlencoded" and isinstance(case.body, dict):
        for name in [name for name, value in case.body.items() if isinstance(value, (list, dict))]:
            del case.body[name]


def cursor_of_the_list(case):
    """A cursor is what the list itself gave, unchanged; without one the list begins at its beginning."""
    if "cursor" in (case.query or {}):
        given = CURSORS.get(case.operation.label)
        if given:
            case.query["cursor"] = given
        else:
            del case.query["cursor"]


UNIQUE = ("email", "external_id", "partnerUserId", "customerId")
TAKEN = set()


def unique_keys(case):
    """What is made or changed gets ids and an address that nobody has yet: a document shows one example of each, and only
    one can have it."""
    path = case.operation.full_path
    makes = case.method == "POST" and path.endswith(("/users", "/providers", "/clients", "/customers"))
    # Nabla Connect's POST changes whoever is there.
    is_upsert = path.startswith("/nabla/v1/connect/")
    if not isinstance(case.body, dict) or is_upsert or not (makes or case.method == "PATCH"):
        return
    for name in UNIQUE:
        value = case.body.get(name)
        if not isinstance(value, str):
            continue
        if (name, value) in TAKEN:
            fresh = uuid.uuid4()
            value = case.body[name] = f"{fresh}@example.org" if name == "email" else str(fresh)
        TAKEN.add((name, value))


def external_id_of_the_path(case):
    """An external id in the body repeats the one of the path, where the path names the user by it."""
    if isinstance(case.body, dict) and "external_id" in case.body and "external_id" in (case.path_parameters or {}):
        case.body["external_id"] = case.path_parameters["external_id"]


def language_tags(part):
    """The longest texts are made up from the pattern alone; a language tag of that length is none."""
    for name in ("locale", "speech_locale", "secondary_speech_locale"):
        value = part.get(name)
        if isinstance(value, str) and len(value) > 35 and not LANGUAGE_TAG.fullmatch(value):
            part[name] = "en-US"


def specialty(part):
    """A specialty has a kind, which may be stored already, and its name in words goes with the kind OTHER."""
    if part.get("other_specialty_name") is not None:
        part["kind"] = "OTHER"
    else:
        part.setdefault("kind", "GENERAL_MEDICINE")


def speech_locales(part):
    """The secondary speech locale differs from the first, and needs one. Said together, since the other may be stored."""
    if "speech_locale" not in part and "secondary_speech_locale" not in part:
        return
    first, second = part.get("speech_locale"), part.get("secondary_speech_locale")
    if second is not None:
        part["speech_locale"] = first = first or "en-US"
        # Two of the vendor's names differ; a name and a tag may mean the same.
        if first.lower() == second.lower() or ("_" in first) != ("_" in second):
            part["secondary_speech_locale"] = "eo" if first.lower() != "eo" else "ia"
    else:
        part["secondary_speech_locale"] = None


OAUTH_CLIENT = {"client_id": str(uuid.uuid4()), "private_key": (FIXTURES / "client.pem").read_text()}

# What each vendor is shown to prove who calls.
CREDENTIALS = {
    "nabla_core": OAUTH_CLIENT,
    "nabla_connect": OAUTH_CLIENT,
    "upheal": {"api_key": "a-key-at-the-vendor"},
    "corti": {"email": "roster@example.org", "password": "correct-horse-battery-9"},
}


# The options that not every vendor has.
OPTIONS = {
    "nabla_core": {"api_version"},
    "nabla_connect": {"api_version"},
    "upheal": {"api_version", "organization_id", "api_key_header"},
    "corti": {"project_id", "customer_id", "create_customer"},
}

# How each vendor names its versions.
VERSIONS = {
    "nabla_core": re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}|x-nabla-next"),
    "nabla_connect": re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}|x-nabla-next"),
    "upheal": re.compile("v[12]"),
}


def options_of(vendor, options):
    """Options go with the vendor, its versions too, and what a vendor needs is not taken away."""
    for other in set().union(*OPTIONS.values()) - OPTIONS[vendor]:
        options.pop(other, None)
    version = options.get("api_version")
    if version is not None and not VERSIONS[vendor].fullmatch(version):
        options["api_version"] = "v2" if vendor == "upheal" else "x-nabla-next"
    if vendor == "corti":
        for needed in ("project_id", "customer_id"):
            if options.get(needed, "") is None:
                del options[needed]


def connection(case):
    """A connection keeps its vendor, and its credentials and options are of the vendor's kind. Private addresses are the
    operator's to allow."""
    if not case.operation.path.startswith("/v1/connections"):
        return
    body = case.body
    if isinstance(body.get("options"), dict):
        body["options"].pop("allow_private_addresses", None)
    if "base_url" in body:
        # Without encryption only to private addresses.
        body["base_url"] = re.sub("^http:", "https:", body["base_url"])
    if case.method == "PATCH":
        stored = ask("GET", f"/v1/connections/{case.path_parameters['id']}")
        if stored.status_code != 200:
            return
        vendor = stored.json()["vendor"]
        if "vendor" in body:
            body["vendor"] = vendor
        if isinstance(body.get("options"), dict):
            options_of(vendor, body["options"])
        elif vendor == "corti":
            # All of them null would take away what is needed.
            body.pop("options", None)
    else:
        vendor = body["vendor"]
    if "credentials" in body and set(body["credentials"]) != set(CREDENTIALS[vendor]):
        body["credentials"] = dict(CREDENTIALS[vendor])
    if "private_key" in body.get("credentials", {}):
        # The document's example shows how one begins, and no more.
        body["credentials"]["private_key"] = CREDENTIALS[vendor]["private_key"]


def parts(body):
    """The body and every object inside it."""
    yield body
    for value in body.values():
        if isinstance(value, dict):
            yield from parts(value)


def call_nobody(case):
    """No request makes Roster call a host that there is: every host becomes one below .invalid (RFC 2606)."""
    if isinstance(case.body, dict):
        for name in ("base_url", "jwks_url"):
            value = case.body.get(name)
            if isinstance(value, str):
                case.body[name] = re.sub(r"^(https?://[^/:]*?)(\.invalid)?(?=[/:]|$)", r"\1.invalid", value)
