CREATE TABLE organisations (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CONSTRAINT organisations_kind_check CHECK (kind IN ('association', 'volunteer_group', 'individual_volunteer', 'volunteer_centre', 'municipal_institution', 'education_institution')),
    cvr TEXT,
    p_number TEXT,
    unit_id TEXT CONSTRAINT organisations_unit_id_key UNIQUE,
    name TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    purpose TEXT,
    contact_name TEXT,
    contact_email TEXT,
    contact_phone TEXT,
    contact_web TEXT,
    address_street TEXT,
    address_postal_code TEXT,
    address_town TEXT,
    address_municipality_code TEXT,
    address_dar_id TEXT,
    verification TEXT NOT NULL CONSTRAINT organisations_verification_check CHECK (verification IN ('unverified', 'verified')),
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT organisations_unit_check CHECK ((kind = 'municipal_institution') = (unit_id IS NOT NULL))
) STRICT;
-- Municipal institutions share the municipality's CVR number.
CREATE UNIQUE INDEX organisations_cvr_p_number_key ON organisations (cvr, coalesce(p_number, ''))
    WHERE cvr IS NOT NULL AND kind <> 'municipal_institution';
CREATE INDEX organisations_public_name_idx ON organisations (verification, sort_key, id);
CREATE INDEX organisations_public_updated_idx ON organisations (verification, updated_at, id);

CREATE TABLE memberships (
    id TEXT NOT NULL PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    person_id TEXT NOT NULL REFERENCES persons (id),
    role TEXT NOT NULL CONSTRAINT memberships_role_check CHECK (role IN ('signatory', 'editor')),
    status TEXT NOT NULL CONSTRAINT memberships_status_check CHECK (status IN ('requested', 'confirmed', 'ended')),
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
-- One live tie between a person and an organisation.
CREATE UNIQUE INDEX memberships_live_key ON memberships (organisation_id, person_id) WHERE status <> 'ended';
CREATE INDEX memberships_person_idx ON memberships (person_id, status);
CREATE INDEX memberships_organisation_idx ON memberships (organisation_id, id);
