//! Files that people hand in: reserved first, then filled, and thrown away when nothing uses them.
//!
//! What a file is for decides what it may hold. Its bytes lie elsewhere, under keys that tell nothing; what stands here is what is known
//! of them.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{FileId, Finding, Findings, OrganisationId, rules, string_enum};

string_enum! {
    /// What a file is for.
    pub enum FilePurpose {
        /// A picture beside a text.
        Image = "image" da("Billede") en("Image"),
    }
}

string_enum! {
    /// How far a file has come.
    pub enum FileStatus {
        /// Its bytes are awaited.
        Reserved = "reserved" da("Afventer indhold") en("Awaiting its content"),
        Ready = "ready" da("Klar") en("Ready"),
    }
}

string_enum! {
    /// A kind of content.
    pub enum MediaType {
        Jpeg = "image/jpeg" da("JPEG-billede") en("JPEG image"),
        Png = "image/png" da("PNG-billede") en("PNG image"),
        WebP = "image/webp" da("WebP-billede") en("WebP image"),
    }
}

string_enum! {
    /// A size in which a file is kept.
    pub enum FileSize {
        /// As large as it gets.
        Full = "full" da("Fuld størrelse") en("Full size"),
        /// For lists and small screens.
        Small = "small" da("Lille") en("Small"),
    }
}

impl FilePurpose {
    /// What may be handed in for it.
    #[must_use]
    pub const fn accepts(self) -> &'static [MediaType] {
        match self {
            Self::Image => &[MediaType::Jpeg, MediaType::Png, MediaType::WebP],
        }
    }

    /// Bytes that may be handed in for it.
    #[must_use]
    pub const fn max_bytes(self) -> usize {
        match self {
            Self::Image => 20 * 1024 * 1024,
        }
    }
}

impl FileSize {
    /// Pixels on the longer side of an image, at most.
    #[must_use]
    pub const fn pixels(self) -> u32 {
        match self {
            Self::Full => 1600,
            Self::Small => 400,
        }
    }
}

rules! {
    /// Why a file was refused.
    pub enum FileRule {
        Ready = Conflict "file-ready"
            da("Filen har allerede sit indhold", "En fil ændres ikke. Læg en ny op, og brug den i stedet.")
            en("The file has its content already", "A file does not change. Upload a new one and use that instead."),
        InUse = Conflict "file-in-use"
            da("Filen er i brug", "Fjern den først der, hvor den bruges.")
            en("The file is in use", "Remove it first where it is used."),
        TooMany = Conflict "too-many-unused-files"
            da("For mange filer, der ikke bruges", "Brug eller slet nogle af dem; ubrugte filer forsvinder efter et døgn.")
            en("Too many files that nothing uses", "Use or delete some of them; unused files go after a day."),
        TooLarge = TooLarge "file-too-large"
            da("Filen er for stor", "Gør filen mindre; grænsen er 20 MiB.")
            en("The file is too large", "Make the file smaller; the limit is 20 MiB."),
        UnsupportedType = UnsupportedMediaType "unsupported-file-type"
            da("Filtypen kan ikke bruges", "Send et billede som JPEG, PNG eller WebP med den Content-Type, der hører til.")
            en("A file of this type cannot be used", "Send an image as JPEG, PNG or WebP with the Content-Type that goes with it."),
        NotAnImage = Unprocessable "not-an-image"
            da("Indholdet er ikke et billede", "Send et JPEG-, PNG- eller WebP-billede. SVG, HTML, PDF og andet kan ikke bruges.")
            en("The content is not an image", "Send a JPEG, PNG or WebP image. SVG, HTML, PDF and others cannot be used."),
        OtherType = Unprocessable "file-type-mismatch"
            da("Indholdet er af en anden type, end Content-Type siger", "Send den Content-Type, der passer til indholdet.")
            en("The content is of another type than Content-Type says", "Send the Content-Type that fits the content."),
        Animated = Unprocessable "image-animated"
            da("Billedet bevæger sig", "Send et billede uden animation.")
            en("The image is animated", "Send an image without animation."),
        TooManyPixels = Unprocessable "image-too-many-pixels"
            da("Billedet har for mange billedpunkter", "Gør billedet mindre; grænsen er 50 megapixel.")
            en("The image has too many pixels", "Make the image smaller; the limit is 50 megapixels."),
        Damaged = Unprocessable "image-damaged"
            da("Billedet er ødelagt eller ikke helt", "Åbn billedet, gem det igen, og send det på ny.")
            en("The image is damaged or incomplete", "Open the image, save it again, and send it anew."),
        StoreUnavailable = Unavailable "file-store-unavailable"
            da("Fillageret kan ikke nås eller ikke skrives til", "Intet er ændret. Prøv igen om lidt.")
            en("The file store cannot be reached or written", "Nothing was changed. Try again shortly."),
    }
}

/// Pixels in an image, at most: whatever a telephone takes.
pub const MAX_PIXELS: u64 = 50_000_000;

/// How long a file may be of no use before it goes.
pub const UNUSED: TimeDelta = TimeDelta::hours(24);

/// Files of one organisation that may be of no use at a time.
pub const MAX_UNUSED: i64 = 50;

/// Characters in the name of a file.
const NAME: usize = 200;

/// One size of a file, and where its bytes lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    pub size: FileSize,
    /// Random: nobody can guess it, and it names nobody's file.
    pub key: String,
    pub media_type: MediaType,
    pub bytes: i64,
    /// Of an image.
    pub pixels: Option<Pixels>,
    /// SHA-256, in hexadecimal.
    pub digest: String,
}

/// How large an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pixels {
    pub width: i32,
    pub height: i32,
}

/// A file of an organisation's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub id: FileId,
    pub organisation: OrganisationId,
    pub purpose: FilePurpose,
    /// What its owners call it.
    pub name: String,
    pub status: FileStatus,
    pub reserved_at: DateTime<Utc>,
    /// When it goes, unless something uses it by then.
    pub discard_at: Option<DateTime<Utc>>,
    pub version: i64,
}

impl File {
    /// What is wrong with a name: it is for people to read, and no path.
    #[must_use]
    pub fn name_findings(name: &str) -> Vec<Finding> {
        let mut findings = Findings::default();
        findings.required_text("/name", name, NAME);
        if name.contains(['/', '\\']) {
            findings.put("/name", kernel::Fault::Malformed { expected: "a name without / and \\".into() });
        }
        findings.into_inner()
    }

    #[must_use]
    pub fn reserve(id: FileId, organisation: OrganisationId, purpose: FilePurpose, name: String, now: DateTime<Utc>) -> Self {
        Self { id, organisation, purpose, name, status: FileStatus::Reserved, reserved_at: now, discard_at: Some(now + UNUSED), version: 1 }
    }

    /// Whether its bytes are still awaited.
    ///
    /// # Errors
    /// [`FileRule::Ready`].
    pub fn may_fill(&self) -> Result<(), FileRule> {
        if self.status == FileStatus::Reserved { Ok(()) } else { Err(FileRule::Ready) }
    }

    /// Its bytes have come.
    ///
    /// # Errors
    /// As [`may_fill`](Self::may_fill).
    pub fn fill(self, now: DateTime<Utc>) -> Result<Self, FileRule> {
        self.may_fill()?;
        Ok(Self { status: FileStatus::Ready, discard_at: Some(now + UNUSED), version: self.version + 1, ..self })
    }
}

/// Whether a file may go.
///
/// # Errors
/// [`FileRule::InUse`].
pub const fn may_delete(in_use: bool) -> Result<(), FileRule> {
    if in_use { Err(FileRule::InUse) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use kernel::{FileId, OrganisationId};
    use uuid::Uuid;

    use super::{File, FilePurpose, FileRule, FileStatus, UNUSED};

    #[test]
    fn a_file_is_filled_once() {
        let now = DateTime::UNIX_EPOCH;
        let reserved = File::reserve(FileId(Uuid::nil()), OrganisationId(Uuid::nil()), FilePurpose::Image, "Haven".into(), now);
        assert_eq!((reserved.status, reserved.discard_at), (FileStatus::Reserved, Some(now + UNUSED)));
        let ready = reserved.fill(now + UNUSED).expect("it was reserved");
        assert_eq!((ready.status, ready.version, ready.discard_at), (FileStatus::Ready, 2, Some(now + UNUSED + UNUSED)));
        assert_eq!(ready.fill(now), Err(FileRule::Ready));
    }

    #[test]
    fn a_name_is_no_path() {
        assert!(File::name_findings("Haven i juni.jpg").is_empty());
        for wrong in ["", " ", "../etc/passwd", "C:\\haven.jpg", &"æ".repeat(201)] {
            assert!(!File::name_findings(wrong).is_empty(), "{wrong}");
        }
    }
}
