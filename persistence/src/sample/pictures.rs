//! Pictures beside samples. The bytes come with the program; whoever starts it lays them into the file store.

use files::{File, FilePurpose, FileSize, FileStatus, MediaType, Pixels, Rendition};
use initiatives::{Content, Image};
use kernel::{FileId, Subject};

use super::{EPOCH, id, initiative_id, organisation_id, write::Kind};
use crate::{
    AnyConnection, Error, Tx,
    files::{Piece, insert, is_kept},
};

/// A picture, and the initiative beside which it stands.
struct Picture {
    number: u64,
    initiative: u64,
    organisation: u64,
    name: &'static str,
    alt: &'static str,
    full: &'static [u8],
    small: &'static [u8],
}

const PICTURES: [Picture; 2] = [
    Picture {
        number: 1,
        initiative: 1,
        organisation: 1,
        name: "Tirsdagsbøf",
        alt: "En dækket plads set fra oven: en tallerken med bøf og kartofler mellem kniv og gaffel.",
        full: include_bytes!("../../sample/plate-full.png"),
        small: include_bytes!("../../sample/plate-small.png"),
    },
    Picture {
        number: 2,
        initiative: 4,
        organisation: 2,
        name: "Kaffe for to",
        alt: "To kopper sort kaffe på et træbord, set fra oven.",
        full: include_bytes!("../../sample/cups-full.png"),
        small: include_bytes!("../../sample/cups-small.png"),
    },
];

/// A place that waits for somebody to try the contract's example on.
const RESERVED: u64 = 3;

fn file_id(number: u64) -> FileId {
    FileId(id(Kind::File, number))
}

impl Picture {
    fn pieces(&self) -> [(Rendition, &'static [u8]); 2] {
        let piece = |size: FileSize, (width, height), bytes: &'static [u8]| {
            let piece = Piece { size, media_type: MediaType::Png, bytes: bytes.to_vec(), pixels: Some(Pixels { width, height }) };
            (piece.under(format!("sample-{}-{}", self.number, size.as_str())), bytes)
        };
        [piece(FileSize::Full, (960, 640), self.full), piece(FileSize::Small, (300, 200), self.small)]
    }
}

/// What should lie in the file store for the sample data in this database, by key.
///
/// # Errors
/// Database failures.
pub fn objects(connection: &mut AnyConnection) -> Result<Vec<(String, &'static [u8])>, Error> {
    let all = PICTURES.iter().flat_map(Picture::pieces).map(|(rendition, bytes)| (rendition.key, bytes));
    let mut wanted = Vec::new();
    for (key, bytes) in all {
        if is_kept(connection, &key)? {
            wanted.push((key, bytes));
        }
    }
    Ok(wanted)
}

/// The content of a sample with the picture that stands beside it, if one does.
pub(super) fn illustrated(initiative: u64, content: Content) -> Content {
    let images = PICTURES.iter().filter(|picture| picture.initiative == initiative);
    let images = images.map(|picture| Image { file: file_id(picture.number), alt: picture.alt.into(), credit: None }).collect();
    Content { images, ..content }
}

fn file(number: u64, organisation: u64, name: &str, status: FileStatus) -> File {
    let version = if status == FileStatus::Ready { 2 } else { 1 };
    File {
        id: file_id(number),
        organisation: organisation_id(organisation),
        purpose: FilePurpose::Image,
        name: name.into(),
        status,
        reserved_at: EPOCH,
        discard_at: None,
        version,
    }
}

/// Writes the files.
pub(super) fn write(tx: &mut Tx<'_>) -> Result<(), Error> {
    for picture in &PICTURES {
        let Picture { number, initiative, organisation, name, .. } = picture;
        let renditions = picture.pieces().map(|(rendition, _)| rendition);
        let subject = Subject { kind: "initiative", id: initiative_id(*initiative).0 };
        insert(tx, &file(*number, *organisation, name, FileStatus::Ready), &renditions, Some(subject))?;
    }
    insert(tx, &file(RESERVED, 1, "Banko med blomster", FileStatus::Reserved), &[], None)
}
