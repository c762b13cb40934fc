//! The policy itself.

/// What somebody is allowed to be. A token carries the first group; the last two are data:
/// they come from a confirmed membership of one organisation and hold for that organisation alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Anybody who has proven who they are.
    Citizen,
    /// Employed by the municipality; refers citizens to initiatives.
    MunicipalEmployee,
    /// Approves and maintains the catalogue.
    Editor,
    Administrator,
    GrantsOfficer,
    CommitteeMember,
    PremisesManager,
    /// Technical service staff of a venue.
    Caretaker,
    InstitutionContact,
    PrizeSecretary,
    Juror,
    /// Adviser at the volunteer centre.
    CentreAdviser,
    Auditor,
    RecordsOfficer,
    /// A system, such as the municipality's intranet.
    Integration,
    /// Authorised signatory of the organisation at hand.
    Signatory,
    /// Editor of the organisation at hand.
    OrganisationEditor,
}

impl Role {
    /// The roles a token may carry, in the order in which they are listed to people.
    pub const FROM_TOKEN: [Self; 15] = [
        Self::Citizen,
        Self::MunicipalEmployee,
        Self::Editor,
        Self::Administrator,
        Self::GrantsOfficer,
        Self::CommitteeMember,
        Self::PremisesManager,
        Self::Caretaker,
        Self::InstitutionContact,
        Self::PrizeSecretary,
        Self::Juror,
        Self::CentreAdviser,
        Self::Auditor,
        Self::RecordsOfficer,
        Self::Integration,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::MunicipalEmployee => "municipal_employee",
            Self::Editor => "editor",
            Self::Administrator => "administrator",
            Self::GrantsOfficer => "grants_officer",
            Self::CommitteeMember => "committee_member",
            Self::PremisesManager => "premises_manager",
            Self::Caretaker => "caretaker",
            Self::InstitutionContact => "institution_contact",
            Self::PrizeSecretary => "prize_secretary",
            Self::Juror => "juror",
            Self::CentreAdviser => "centre_adviser",
            Self::Auditor => "auditor",
            Self::RecordsOfficer => "records_officer",
            Self::Integration => "integration",
            Self::Signatory => "signatory",
            Self::OrganisationEditor => "organisation_editor",
        }
    }

    /// The role a token names, if a token may name it.
    #[must_use]
    pub fn from_token(name: &str) -> Option<Self> {
        Self::FROM_TOKEN.into_iter().find(|role| role.as_str() == name)
    }
}

/// Something somebody may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See who the service takes me for.
    ReadMe,
    RegisterOrganisation,
    /// Register an institution of the municipality, which shares the municipality's CVR number.
    RegisterMunicipalInstitution,
    /// See an organisation before it is verified, and what is not public of it.
    ReadOrganisationFile,
    EditOrganisation,
    VerifyOrganisation,
    RequestMembership,
    ReadMemberships,
    ConfirmMembership,
    EndMembership,
    /// Ask people to speak for an organisation, and see who has been asked.
    InviteMember,
    /// Declare something for a year.
    Declare,
    /// Say something in a case about the organisation's eligibility.
    AnswerHearing,
    /// Ask for a signatory where there is none.
    StartSuccession,
    /// Suspend signing, decide about eligibility, appoint a signatory, change numbers, dissolve and merge.
    GovernOrganisation,
    /// See which organisations need somebody's attention.
    ReadConcerns,
    /// See drafts, revisions under review and what reviewers answered.
    ReadInitiativeFile,
    DraftInitiative,
    EditInitiative,
    SubmitInitiative,
    PublishInitiative,
    ReturnInitiative,
    RefuseInitiative,
    /// Say that what the public reads still holds.
    ConfirmInitiative,
    PauseInitiative,
    ArchiveInitiative,
    /// See everything that waits for an editor.
    ReadModerationQueue,
    /// Take a text out of the queue, or put it back.
    ClaimReview,
    /// See what staff and organisations answered to the principles.
    ReadAssessments,
    /// Answer to a principle for the municipality.
    AssessInitiative,
    /// See what people have said about entries of the catalogue.
    ReadReports,
    DecideReport,
    SuspendInitiative,
    /// Look for where somebody can be referred to.
    SearchReferrals,
    /// See how somebody is referred to one initiative.
    ReadReferral,
    /// Say how somebody is referred.
    WriteReferral,
    /// See what is known of an organisation's files, and what is in them before the public may.
    ReadFile,
    /// Hand in files for an organisation, and throw them away.
    UploadFile,
    /// Add, rename, move, retire and merge the terms by which initiatives are found.
    MaintainTaxonomies,
    /// Read what is not public in the change feed.
    ReadEvents,
}

/// How far an action reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    Nothing,
    /// What is mine, or my organisation's.
    Own,
    /// Everything in the municipality.
    Municipality,
}

/// How far `action` reaches for `role`: the whole policy.
#[must_use]
pub const fn reach(role: Role, action: Action) -> Reach {
    use Action as A;
    use Reach::{Municipality, Nothing, Own};
    use Role as R;
    match action {
        A::ReadMe | A::RegisterOrganisation | A::RequestMembership => match role {
            R::Editor | R::Administrator => Municipality,
            _ => Own,
        },
        // Everybody may end their own; a signatory may end any of the organisation's.
        A::EndMembership => match role {
            R::Editor | R::Administrator => Municipality,
            R::Citizen | R::Signatory => Own,
            _ => Nothing,
        },
        A::ReadOrganisationFile | A::ReadInitiativeFile | A::ReadMemberships | A::ReadFile | A::ReadEvents => match role {
            R::Editor | R::Administrator | R::Auditor => Municipality,
            R::Integration => match action {
                A::ReadEvents => Municipality,
                _ => Nothing,
            },
            R::Signatory | R::OrganisationEditor => Own,
            _ => Nothing,
        },
        A::EditOrganisation => match role {
            R::Editor | R::Administrator => Municipality,
            R::Signatory | R::OrganisationEditor => Own,
            _ => Nothing,
        },
        A::ConfirmMembership => match role {
            R::Editor | R::Administrator => Municipality,
            R::Signatory => Own,
            _ => Nothing,
        },
        A::SearchReferrals => match role {
            R::MunicipalEmployee | R::CentreAdviser | R::Editor | R::Administrator | R::Auditor => Municipality,
            _ => Nothing,
        },
        A::ReadReferral => match role {
            R::MunicipalEmployee | R::CentreAdviser | R::Editor | R::Administrator | R::Auditor => Municipality,
            R::Signatory | R::OrganisationEditor => Own,
            _ => Nothing,
        },
        A::InviteMember => match role {
            R::Editor | R::Administrator => Municipality,
            R::Signatory => Own,
            _ => Nothing,
        },
        // Nobody but the organisation itself speaks for it.
        A::Declare | A::AnswerHearing => match role {
            R::Signatory => Own,
            _ => Nothing,
        },
        A::StartSuccession => match role {
            R::Editor | R::Administrator => Municipality,
            R::Signatory | R::OrganisationEditor => Own,
            _ => Nothing,
        },
        A::DraftInitiative | A::EditInitiative | A::SubmitInitiative | A::PauseInitiative | A::WriteReferral | A::UploadFile => {
            match role {
                R::Signatory | R::OrganisationEditor => Own,
                _ => Nothing,
            }
        }
        A::ConfirmInitiative | A::ArchiveInitiative => match role {
            R::Editor | R::Administrator => Municipality,
            R::Signatory | R::OrganisationEditor => Own,
            _ => Nothing,
        },
        A::ReadModerationQueue | A::ReadAssessments | A::ReadReports | A::ReadConcerns => match role {
            R::Editor | R::Administrator | R::Auditor => Municipality,
            _ => Nothing,
        },
        A::VerifyOrganisation
        | A::GovernOrganisation
        | A::RegisterMunicipalInstitution
        | A::PublishInitiative
        | A::ReturnInitiative
        | A::RefuseInitiative
        | A::SuspendInitiative
        | A::ClaimReview
        | A::AssessInitiative
        | A::DecideReport
        | A::MaintainTaxonomies => match role {
            R::Editor | R::Administrator => Municipality,
            _ => Nothing,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Reach, Role, reach};

    #[test]
    fn no_staff_role_writes_in_the_name_of_volunteers() {
        for role in Role::FROM_TOKEN {
            for action in [
                Action::DraftInitiative,
                Action::EditInitiative,
                Action::SubmitInitiative,
                Action::PauseInitiative,
                Action::WriteReferral,
                Action::UploadFile,
            ] {
                assert_eq!(reach(role, action), Reach::Nothing, "{role:?} {action:?}");
            }
        }
    }

    #[test]
    fn a_token_cannot_name_a_role_that_only_a_membership_gives() {
        assert_eq!(Role::from_token("signatory"), None);
        assert_eq!(Role::from_token("organisation_editor"), None);
        for role in Role::FROM_TOKEN {
            assert_eq!(Role::from_token(role.as_str()), Some(role));
        }
    }
}
