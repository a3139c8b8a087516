"""A stand-in for the API, on loopback: the published contract in every dialect left open.

    cast → acts → entries ─┐
                      file ─┴→ source → respond → service → server    (a real socket)
              dialect → render ───────↗                 └→ transport (httpx.MockTransport)

`respond` is the one pure function: what is asked, what is stored and what time it is go in, the
response comes out. Only `service` remembers anything between two requests: how many there were,
and how many the rate limit still allows.
"""

# Known to everybody and worth nothing: the sandbox serves made-up entries on loopback only.
TOKEN = "sandbox-token"  # noqa: S105 - no secret
ORGANIZATION_ID = "org_demo"
