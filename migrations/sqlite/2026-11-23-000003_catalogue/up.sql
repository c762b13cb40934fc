CREATE TABLE terms (
    scheme TEXT NOT NULL CONSTRAINT terms_scheme_check CHECK (scheme IN ('target_group', 'activity', 'theme')),
    slug TEXT NOT NULL,
    label_da TEXT NOT NULL,
    label_en TEXT NOT NULL,
    status TEXT NOT NULL CONSTRAINT terms_status_check CHECK (status IN ('active', 'retired')),
    PRIMARY KEY (scheme, slug)
) STRICT;

-- The vocabulary to begin with; editors maintain it from here.
INSERT INTO terms (scheme, slug, label_da, label_en, status) VALUES
    ('target_group', 'children', 'Børn', 'Children', 'active'),
    ('target_group', 'young_people', 'Unge', 'Young people', 'active'),
    ('target_group', 'families', 'Familier', 'Families', 'active'),
    ('target_group', 'older_people', 'Ældre', 'Older people', 'active'),
    ('target_group', 'people_with_disabilities', 'Mennesker med handicap', 'People with disabilities', 'active'),
    ('target_group', 'people_with_mental_illness', 'Mennesker med psykisk sygdom', 'People with mental illness', 'active'),
    ('target_group', 'people_with_dementia', 'Mennesker med demens', 'People with dementia', 'active'),
    ('target_group', 'relatives', 'Pårørende', 'Relatives', 'active'),
    ('target_group', 'lonely_people', 'Ensomme', 'Lonely people', 'active'),
    ('target_group', 'vulnerable_people', 'Socialt udsatte', 'Socially vulnerable people', 'active'),
    ('target_group', 'homeless_people', 'Hjemløse', 'Homeless people', 'active'),
    ('target_group', 'refugees_and_immigrants', 'Flygtninge og indvandrere', 'Refugees and immigrants', 'active'),
    ('target_group', 'people_with_addiction', 'Mennesker med misbrug', 'People with addiction', 'active'),
    ('target_group', 'people_with_chronic_illness', 'Kronisk syge', 'People with chronic illness', 'active'),
    ('target_group', 'bereaved_people', 'Efterladte', 'Bereaved people', 'active'),
    ('target_group', 'single_parents', 'Enlige forældre', 'Single parents', 'active'),
    ('target_group', 'everyone', 'Alle', 'Everyone', 'active'),
    ('activity', 'visiting_friend', 'Besøgsven', 'Visiting friend', 'active'),
    ('activity', 'community_meal', 'Fællesspisning', 'Community meal', 'active'),
    ('activity', 'language_cafe', 'Sprogcafé', 'Language café', 'active'),
    ('activity', 'homework_help', 'Lektiehjælp', 'Homework help', 'active'),
    ('activity', 'mentoring', 'Mentor', 'Mentoring', 'active'),
    ('activity', 'peer_group', 'Selvhjælps- og netværksgruppe', 'Peer group', 'active'),
    ('activity', 'counselling', 'Rådgivning', 'Counselling', 'active'),
    ('activity', 'exercise', 'Motion', 'Exercise', 'active'),
    ('activity', 'walking_group', 'Gåtur', 'Walking group', 'active'),
    ('activity', 'creative_workshop', 'Kreativt værksted', 'Creative workshop', 'active'),
    ('activity', 'music_and_singing', 'Musik og sang', 'Music and singing', 'active'),
    ('activity', 'reading_group', 'Læsegruppe', 'Reading group', 'active'),
    ('activity', 'it_help', 'It-hjælp', 'IT help', 'active'),
    ('activity', 'repair_cafe', 'Reparationscafé', 'Repair café', 'active'),
    ('activity', 'recycling_shop', 'Genbrugsbutik', 'Charity shop', 'active'),
    ('activity', 'garden_and_nature', 'Have og natur', 'Garden and nature', 'active'),
    ('activity', 'transport_and_escort', 'Kørsel og ledsagelse', 'Transport and escort', 'active'),
    ('activity', 'practical_help', 'Praktisk hjælp', 'Practical help', 'active'),
    ('activity', 'drop_in_centre', 'Værested', 'Drop-in centre', 'active'),
    ('activity', 'excursion', 'Udflugt', 'Excursion', 'active'),
    ('activity', 'christmas_help', 'Julehjælp', 'Christmas help', 'active'),
    ('activity', 'bereavement_group', 'Sorggruppe', 'Bereavement group', 'active'),
    ('activity', 'cooking', 'Madlavning', 'Cooking', 'active'),
    ('activity', 'games_and_play', 'Spil og leg', 'Games and play', 'active'),
    ('theme', 'loneliness', 'Ensomhed', 'Loneliness', 'active'),
    ('theme', 'health', 'Sundhed', 'Health', 'active'),
    ('theme', 'integration', 'Integration', 'Integration', 'active'),
    ('theme', 'dementia', 'Demens', 'Dementia', 'active'),
    ('theme', 'bereavement', 'Sorg', 'Bereavement', 'active'),
    ('theme', 'education', 'Uddannelse', 'Education', 'active'),
    ('theme', 'poverty', 'Fattigdom', 'Poverty', 'active'),
    ('theme', 'climate_and_recycling', 'Klima og genbrug', 'Climate and recycling', 'active'),
    ('theme', 'culture', 'Kultur', 'Culture', 'active'),
    ('theme', 'nature', 'Natur', 'Nature', 'active'),
    ('theme', 'digital_inclusion', 'Digital inklusion', 'Digital inclusion', 'active'),
    ('theme', 'everyday_life', 'Hverdagsliv', 'Everyday life', 'active'),
    ('theme', 'rehabilitation', 'Rehabilitering', 'Rehabilitation', 'active'),
    ('theme', 'parenthood', 'Forældreskab', 'Parenthood', 'active');

CREATE TABLE initiatives (
    id TEXT NOT NULL PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    status TEXT NOT NULL CONSTRAINT initiatives_status_check CHECK (status IN ('draft', 'in_review', 'published', 'paused', 'suspended', 'refused', 'archived')),
    -- The number of the newest revision, which may be gone.
    revisions INTEGER NOT NULL,
    approved_revision_id TEXT,
    working_revision_id TEXT,
    verdict TEXT CONSTRAINT initiatives_verdict_check CHECK (verdict IN ('returned', 'refused', 'suspended')),
    verdict_reason TEXT,
    verdict_principle TEXT CONSTRAINT initiatives_verdict_principle_check CHECK (verdict_principle IN ('unpaid_and_voluntary', 'for_others', 'supplement', 'self_determination', 'social_aim')),
    verdict_at TEXT,
    published_at TEXT,
    verified_at TEXT,
    archived_at TEXT,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT initiatives_working_check CHECK (status NOT IN ('draft', 'in_review', 'refused') OR working_revision_id IS NOT NULL),
    CONSTRAINT initiatives_public_check CHECK (status NOT IN ('published', 'paused', 'suspended') OR (approved_revision_id IS NOT NULL AND published_at IS NOT NULL AND verified_at IS NOT NULL)),
    CONSTRAINT initiatives_archived_check CHECK ((status = 'archived') = (archived_at IS NOT NULL)),
    CONSTRAINT initiatives_verdict_whole_check CHECK ((verdict IS NULL) = (verdict_reason IS NULL) AND (verdict IS NULL) = (verdict_at IS NULL)),
    -- A principle is named where something was refused, and nowhere else.
    CONSTRAINT initiatives_refusal_check CHECK ((verdict_principle IS NOT NULL) = (coalesce(verdict, '') = 'refused'))
) STRICT;
CREATE INDEX initiatives_organisation_idx ON initiatives (organisation_id, updated_at, id);
CREATE INDEX initiatives_status_idx ON initiatives (status, updated_at, id);
CREATE INDEX initiatives_updated_idx ON initiatives (updated_at, id);

CREATE TABLE revisions (
    id TEXT NOT NULL PRIMARY KEY,
    initiative_id TEXT NOT NULL REFERENCES initiatives (id),
    number INTEGER NOT NULL,
    state TEXT NOT NULL CONSTRAINT revisions_state_check CHECK (state IN ('draft', 'in_review', 'approved')),
    content TEXT NOT NULL,
    edited_at TEXT NOT NULL,
    submitted_at TEXT,
    CONSTRAINT revisions_submitted_check CHECK (state <> 'in_review' OR submitted_at IS NOT NULL),
    CONSTRAINT revisions_initiative_number_key UNIQUE (initiative_id, number)
) STRICT;

-- What the public reads, and nothing else: written in the transaction of every change to it. The text
-- stands last, so that a filter on another column does not have to read past it.
CREATE TABLE catalogue (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    initiative_id TEXT NOT NULL CONSTRAINT catalogue_initiative_id_key UNIQUE REFERENCES initiatives (id),
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    organisation_name TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    min_age INTEGER NOT NULL,
    max_age INTEGER NOT NULL,
    version INTEGER NOT NULL,
    published_at TEXT NOT NULL,
    verified_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    content TEXT NOT NULL
) STRICT;
-- The two orders of lists, with everything that is asked of every entry on the way.
CREATE INDEX catalogue_updated_idx ON catalogue (updated_at, seq, verified_at, min_age, max_age);
CREATE INDEX catalogue_title_idx ON catalogue (sort_key, seq, verified_at, min_age, max_age);
CREATE INDEX catalogue_verified_idx ON catalogue (verified_at);
CREATE INDEX catalogue_organisation_idx ON catalogue (organisation_id);

-- One row for each filter value of an entry, in the order in which lists are read.
CREATE TABLE catalogue_facets (
    facet TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    seq INTEGER NOT NULL REFERENCES catalogue (seq) ON DELETE CASCADE,
    PRIMARY KEY (facet, updated_at, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX catalogue_facets_seq_idx ON catalogue_facets (seq, facet);

CREATE TABLE catalogue_places (
    seq INTEGER NOT NULL REFERENCES catalogue (seq) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    PRIMARY KEY (seq, place)
) STRICT;
CREATE INDEX catalogue_places_latitude_idx ON catalogue_places (latitude, longitude);

-- Terms are folded to [a-z0-9] before they come here, so that the tokenizer has nothing to decide.
CREATE VIRTUAL TABLE catalogue_search USING fts5(title, body, content='', contentless_delete=1, detail=column, tokenize='ascii', prefix='2 3 4');
