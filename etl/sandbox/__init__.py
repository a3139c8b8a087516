"""A stand-in for the API, on loopback: the published contract in every dialect it leaves open.

    cast → company → acts → incidents → entries ─┐
                                           file ─┴→ source → page → respond → service → server
                                      dialect → render ───────↗                  └→ transport

`respond` is one pure function: request, log and time go in, the response comes out. Only `service`
remembers anything between two requests. `server` is a real socket, `transport` is for
`httpx.MockTransport`, `command` is `etl sandbox`.
"""

TOKEN = "sandbox-token"  # noqa: S105 - known to everybody: all entries are made up
ORGANIZATION_ID = "org_demo"
