"""Linked data: every initiative of the sample data as a processor of JSON-LD (PyPI: pyld) understands it.

The context of schema.org stands in .ci/schema-org.json, as far as it says more of our words than that they are words of schema.org. What may
be said of what is written down here as schema.org has it: a processor takes every word for one of the vocabulary.

BINARY    the program
"""

import json
from pathlib import Path

from pyld import jsonld

from service import Service, scratch

THING = {"name", "description", "disambiguatingDescription", "mainEntityOfPage", "image"}
KNOWN = {
    "Service": THING | {"provider", "availableChannel", "hoursAvailable", "audience", "serviceType", "offers"},
    "Organization": THING,
    "WebPage": THING | {"inLanguage", "dateModified"},
    "ServiceChannel": THING | {"availableLanguage", "serviceLocation", "serviceUrl"},
    "Place": THING | {"address", "geo"},
    "PostalAddress": THING | {"streetAddress", "postalCode", "addressLocality", "addressCountry"},
    "GeoCoordinates": THING | {"latitude", "longitude"},
    "OpeningHoursSpecification": THING | {"dayOfWeek", "opens", "closes"},
    "Audience": THING | {"audienceType"},
    "Offer": THING | {"price", "priceCurrency"},
    "ImageObject": THING | {"contentUrl", "thumbnailUrl", "caption", "encodingFormat", "width", "height", "creditText"},
}
VOCABULARY = "http://schema.org/"
CONTEXT = json.loads((Path(__file__).parent / "schema-org.json").read_text())


def from_here(url, options):
    assert url.rstrip("/") == "https://schema.org", f"{url} is not looked up"
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": CONTEXT}


def walk(node, seen):
    """Holds a node, and all that hang on it, against what schema.org says of its type."""
    if "@value" in node:
        return
    (kind,) = node.get("@type", [None])
    if kind is None:
        # A reference to something that is described elsewhere.
        assert set(node) == {"@id"}, node
        return
    name = kind.removeprefix(VOCABULARY)
    assert kind.startswith(VOCABULARY) and name in KNOWN, kind
    seen.add(name)
    for word, values in node.items():
        if word.startswith("@"):
            continue
        assert word.startswith(VOCABULARY) and word.removeprefix(VOCABULARY) in KNOWN[name], f"{word} of {name}"
        for value in values:
            walk(value, seen)


service = Service(DATABASE_URL=f"sqlite://{scratch / 'linked'}.db", DEMO="true")
ids, page = [], "/v1/initiatives?limit=100"
while page:
    answer = service.ask(page)
    ids += [item["id"] for item in answer["items"]]
    page = f"/v1/initiatives?limit=100&cursor={answer['next_cursor']}" if "next_cursor" in answer else None
seen = set()
for id in ids:
    plain = service.ask(f"/v1/initiatives/{id}")
    linked = service.ask(f"/v1/initiatives/{id}", Accept="application/ld+json")
    (root,) = jsonld.expand(linked, {"documentLoader": from_here})
    assert root["@type"] == [f"{VOCABULARY}Service"] and root["@id"] == f"{service.url}/v1/initiatives/{id}", root
    assert root[f"{VOCABULARY}name"] == [{"@value": plain["title"]}], root
    (provider,) = root[f"{VOCABULARY}provider"]
    assert provider[f"{VOCABULARY}name"] == [{"@value": plain["organisation"]["name"]}], provider
    walk(root, seen)
    # As triples, too, where what is not absolute falls out.
    triples = jsonld.to_rdf(linked, {"documentLoader": from_here})["@default"]
    assert any(triple["predicate"]["value"] == f"{VOCABULARY}name" for triple in triples)
assert {"Service", "Organization", "WebPage", "ServiceChannel", "Place", "OpeningHoursSpecification", "Audience", "ImageObject"} <= seen, seen
service.stop()
print(f"{len(ids)} initiatives, {', '.join(sorted(seen))}")
