"""What schemathesis is told beyond the documents. Named in schemathesis.toml; imported once per run."""

import schemathesis
from schemathesis.openapi.checks import UseAfterFree

import formats  # noqa: F401 - registers the formats that no JSON Schema can express
import places
import rules


@schemathesis.hook
def before_call(context, case, kwargs):
    """Brings what was made up field by field into agreement with the rules that hold between fields, and with what
    is in the store. Requests that are meant to be wrong stay as they are, but for what would hide what is wrong."""
    is_meant_to_be_right = case.meta is None or case.meta.generation.mode.is_positive
    if is_meant_to_be_right:
        places.put(case)
        rules.apply(case)
    rules.reveal(case)
    rules.call_nobody(case)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Upheal's DELETE deactivates: whoever was deleted is still there, and can be activated again. All other failures
    are failures."""
    is_there_after_delete = isinstance(failure, UseAfterFree)
    return not (is_there_after_delete and case.operation.full_path.startswith("/upheal/"))


@schemathesis.hook
def after_call(context, case, response):
    """Remembers what later requests can refer to."""
    rules.remember(case, response)
