//! The tables, one description for both engines. A test reads every table through it on both.

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}
diesel::table! {
    persons (id) {
        id -> Text,
        issuer -> Text,
        subject -> Text,
        created_at -> Timestamp,
    }
}
diesel::table! {
    journal (sequence) {
        sequence -> BigInt,
        occurred_at -> Timestamp,
        person_id -> Nullable<Text>,
        operation -> Text,
        request_id -> Text,
        name -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        organisation_id -> Nullable<Text>,
        visibility -> Text,
        data -> Text,
    }
}
diesel::table! {
    idempotency (scope) {
        scope -> Text,
        request_hash -> Text,
        status -> Integer,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        body -> Text,
        expires_at -> Timestamp,
    }
}
diesel::table! {
    generations (tag) {
        tag -> Integer,
        generation -> BigInt,
    }
}
diesel::table! {
    jobs (id) {
        id -> Text,
        kind -> Text,
        key -> Text,
        due_at -> Timestamp,
        claimed_until -> Nullable<Timestamp>,
        attempts -> Integer,
    }
}
diesel::table! {
    cursors (name) {
        name -> Text,
        sequence -> BigInt,
    }
}
diesel::table! {
    mails (id) {
        id -> Text,
        kind -> Text,
        recipient -> Text,
        subject_id -> Text,
        status -> Text,
        attempts -> Integer,
        created_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    confirmations (digest) {
        digest -> Text,
        purpose -> Text,
        subject_id -> Text,
        expires_at -> Timestamp,
        redeemed_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    organisations (id) {
        id -> Text,
        kind -> Text,
        cvr -> Nullable<Text>,
        p_number -> Nullable<Text>,
        unit_id -> Nullable<Text>,
        name -> Text,
        sort_key -> Text,
        purpose -> Nullable<Text>,
        contact_name -> Nullable<Text>,
        contact_email -> Nullable<Text>,
        contact_phone -> Nullable<Text>,
        contact_web -> Nullable<Text>,
        address_street -> Nullable<Text>,
        address_postal_code -> Nullable<Text>,
        address_town -> Nullable<Text>,
        address_municipality_code -> Nullable<Text>,
        address_dar_id -> Nullable<Text>,
        verification -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        seeks_cooperation -> Bool,
        cooperation -> Nullable<Text>,
        ending -> Nullable<Text>,
        ended_on -> Nullable<Date>,
        successor_id -> Nullable<Text>,
    }
}
diesel::table! {
    memberships (id) {
        id -> Text,
        organisation_id -> Text,
        person_id -> Text,
        role -> Text,
        status -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        email -> Nullable<Text>,
    }
}
diesel::table! {
    signing_freezes (id) {
        id -> Text,
        organisation_id -> Text,
        reason -> Text,
        frozen_at -> Timestamp,
        lifted_reason -> Nullable<Text>,
        lifted_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    eligibility_cases (id) {
        id -> Text,
        organisation_id -> Text,
        status -> Text,
        facts -> Text,
        opened_at -> Timestamp,
        due_on -> Date,
        answer -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
        decision_reason -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        lifted_reason -> Nullable<Text>,
        lifted_at -> Nullable<Timestamp>,
        version -> BigInt,
    }
}
diesel::table! {
    successions (organisation_id) {
        organisation_id -> Text,
        person_id -> Text,
        started_at -> Timestamp,
    }
}
diesel::table! {
    declarations (organisation_id, kind, year) {
        organisation_id -> Text,
        kind -> Text,
        year -> Integer,
        declared_at -> Timestamp,
        declared_by -> Text,
    }
}
diesel::table! {
    invitations (id) {
        id -> Text,
        organisation_id -> Text,
        email -> Text,
        role -> Text,
        status -> Text,
        invited_at -> Timestamp,
        version -> BigInt,
    }
}
diesel::table! {
    former_registrations (id) {
        id -> Text,
        organisation_id -> Text,
        name -> Text,
        cvr -> Nullable<Text>,
        p_number -> Nullable<Text>,
        until -> Timestamp,
    }
}
diesel::table! {
    terms (id) {
        id -> Text,
        scheme -> Text,
        slug -> Text,
        label_da -> Text,
        label_en -> Text,
        status -> Text,
        parent_id -> Nullable<Text>,
        merged_into -> Nullable<Text>,
        version -> BigInt,
    }
}
diesel::table! {
    initiatives (id) {
        id -> Text,
        organisation_id -> Text,
        status -> Text,
        revisions -> Integer,
        approved_revision_id -> Nullable<Text>,
        working_revision_id -> Nullable<Text>,
        verdict -> Nullable<Text>,
        verdict_reason -> Nullable<Text>,
        verdict_principle -> Nullable<Text>,
        verdict_at -> Nullable<Timestamp>,
        published_at -> Nullable<Timestamp>,
        verified_at -> Nullable<Timestamp>,
        archived_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        aging_told -> Nullable<Text>,
    }
}
diesel::table! {
    revisions (id) {
        id -> Text,
        initiative_id -> Text,
        number -> Integer,
        state -> Text,
        content -> Text,
        edited_at -> Timestamp,
        submitted_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    catalogue (seq) {
        seq -> BigInt,
        initiative_id -> Text,
        organisation_id -> Text,
        organisation_name -> Text,
        sort_key -> Text,
        min_age -> Integer,
        max_age -> Integer,
        version -> BigInt,
        published_at -> Timestamp,
        verified_at -> Timestamp,
        updated_at -> Timestamp,
        content -> Text,
    }
}
diesel::table! {
    catalogue_facets (facet, updated_at, seq) {
        facet -> Text,
        updated_at -> Timestamp,
        seq -> BigInt,
    }
}
diesel::table! {
    catalogue_places (seq, place) {
        seq -> BigInt,
        place -> Integer,
        latitude -> Double,
        longitude -> Double,
    }
}

diesel::table! {
    policy_versions (id) {
        id -> Text,
        valid_from -> Date,
        document -> Text,
    }
}
diesel::table! {
    reports (id) {
        id -> Text,
        initiative_id -> Text,
        reason -> Text,
        text -> Nullable<Text>,
        status -> Text,
        decision_reason -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        received_at -> Timestamp,
        version -> BigInt,
    }
}
diesel::table! {
    messages (id) {
        id -> Text,
        initiative_id -> Text,
        name -> Text,
        email -> Text,
        text -> Text,
        received_at -> Timestamp,
        confirmed_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    review_claims (initiative_id) {
        initiative_id -> Text,
        person_id -> Text,
        claimed_until -> Timestamp,
    }
}
diesel::table! {
    reviews (id) {
        id -> Text,
        initiative_id -> Text,
        outcome -> Text,
        submitted_at -> Timestamp,
        decided_at -> Timestamp,
    }
}
diesel::table! {
    principle_assessments (id) {
        id -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        side -> Text,
        principle -> Text,
        answer -> Text,
        comment -> Nullable<Text>,
        person_id -> Nullable<Text>,
        assessed_at -> Timestamp,
    }
}

diesel::table! {
    referrals (seq) {
        seq -> BigInt,
        initiative_id -> Text,
        how -> Text,
        suitable_for -> Nullable<Text>,
        capacity -> Text,
        capacity_note -> Nullable<Text>,
        contact_name -> Text,
        contact_email -> Nullable<Text>,
        contact_phone -> Nullable<Text>,
        updated_at -> Timestamp,
        version -> BigInt,
    }
}
diesel::table! {
    files (id) {
        id -> Text,
        organisation_id -> Text,
        purpose -> Text,
        name -> Text,
        status -> Text,
        reserved_at -> Timestamp,
        discard_at -> Nullable<Timestamp>,
        version -> BigInt,
    }
}
diesel::table! {
    stored_objects (key) {
        key -> Text,
        file_id -> Nullable<Text>,
        size -> Text,
        media_type -> Text,
        bytes -> BigInt,
        width -> Nullable<Integer>,
        height -> Nullable<Integer>,
        digest -> Text,
        discard_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    file_uses (subject_id, file_id) {
        subject_id -> Text,
        file_id -> Text,
        subject_kind -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    organisations,
    memberships,
    persons,
    initiatives,
    revisions,
    catalogue,
    catalogue_facets,
    catalogue_places,
    reports,
    review_claims,
    signing_freezes,
    eligibility_cases,
    successions
);
