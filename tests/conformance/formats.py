"""The formats of the documents that no JSON Schema can express, as strategies that make texts of them."""

import datetime
import os
import re
import string
from pathlib import Path

import schemathesis
from hypothesis import strategies as st

FIXTURES = Path(os.environ["ROSTER_FIXTURES"])

LETTERS = string.ascii_lowercase
DIGITS = string.digits


def npi(first_nine):
    """A National Provider Identifier: nine digits and the check digit, Luhn over 80840 and the ten (45 CFR 162.406)."""
    digits = [int(digit) for digit in f"{first_nine:09}"]
    total = 24
    for position, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if position % 2 == 0 else digit
        total += doubled // 10 + doubled % 10
    return f"{first_nine:09}{-total % 10}"


def text(alphabet, least, most):
    return st.text(alphabet=alphabet, min_size=least, max_size=most)


# BCP 47: a language of two or three letters, then maybe a script and a region.
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?")
language_tag = st.builds(
    "".join,
    st.tuples(
        text(LETTERS, 2, 3),
        st.just("") | text(LETTERS, 4, 4).map(lambda script: f"-{script.title()}"),
        st.just("") | text(string.ascii_uppercase, 2, 2).map("-{}".format) | text(DIGITS, 3, 3).map("-{}".format),
    ),
)

# Nabla has names of its own for the languages that are spoken to it; the tags are understood as well.
speech_locale = language_tag | st.sampled_from(["ENGLISH_US", "ENGLISH_UK", "SPANISH_ES", "FRENCH_FR"])

# Hosts below .invalid, which exists for nobody (RFC 2606): connections and key sets that are made up are never called.
invalid_host = st.builds("{}.invalid".format, text(LETTERS + DIGITS, 1, 20))
url = st.builds(
    "https://{}{}".format, invalid_host, st.just("") | text(LETTERS + DIGITS + "-._~/", 0, 20).map("/{}".format)
)

# A calendar date that there is; the 29th and later are not in every month.
calendar_date = st.dates(min_value=datetime.date(1900, 1, 1), max_value=datetime.date(2999, 12, 31)).map(
    lambda date: date.isoformat()
)

schemathesis.openapi.format("npi", st.integers(0, 10**9 - 1).map(npi))
schemathesis.openapi.format("language-tag", language_tag)
schemathesis.openapi.format("speech-locale", speech_locale)
schemathesis.openapi.format("uri", url)
schemathesis.openapi.format("calendar-date", calendar_date)
schemathesis.openapi.format(
    "rsa-public-key", st.sampled_from([(FIXTURES / name).read_text() for name in ("client.pub.pem", "other.pub.pem")])
)
schemathesis.openapi.format(
    "rsa-private-key", st.sampled_from([(FIXTURES / name).read_text() for name in ("client.pem", "other.pem")])
)
