"""The Roster that is tried, for what hooks must ask it or tell it beside the requests that are checked."""

import os

import requests

URL = os.environ["ROSTER_URL"]
KEY = os.environ["ROSTER_KEY"]
TIMEOUT = 10


def ask(method, path, body=None, headers=None, query=None):
    """What it answers; with the organization's API key unless other headers are given."""
    headers = headers or {"Authorization": f"Bearer {KEY}"}
    return requests.request(method, f"{URL}{path}", json=body, params=query, headers=headers, timeout=TIMEOUT)


def make(path, body, headers=None):
    """What it made of a request that must succeed."""
    answer = ask("POST", path, body, headers)
    if not answer.ok:
        raise RuntimeError(f"POST {path} was answered {answer.status_code}: {answer.text}")
    return answer.json()
