//! Pictures for stories, as cameras and less friendly hands make them.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::json;

use crate::client::Actor;

/// Red on the left, blue on the right.
fn halves(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { [220, 30, 30].into() } else { [30, 30, 220].into() }).into()
}

pub fn written(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    halves(width, height).write_to(&mut bytes, format).expect("it can be written");
    bytes.into_inner()
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    written(width, height, ImageFormat::Jpeg)
}

/// Reserves a place for a picture and fills it; its id.
pub async fn uploaded(actor: &Actor, organisation: &str, bytes: Vec<u8>) -> String {
    let form = json!({"organisation_id": organisation, "purpose": "image", "name": "Havedag i juni"});
    let reserved = actor.post("/v1/files", form).await.is(201);
    let address = format!("/v1/files/{}", reserved.id());
    actor.upload(address, "image/jpeg", bytes).seen(&reserved.etag()).await.is(200);
    reserved.id()
}

/// What a camera writes about itself.
pub const CAMERA: &str = "Telefon fra Taars";

/// A photograph as telephones make them: lying on its side, with a word on how it was held, by which camera, and where.
pub fn from_a_telephone(width: u32, height: u32) -> Vec<u8> {
    let picture = jpeg(width, height);
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value.to_be_bytes()].concat()
    };
    // Behind three entries of the first directory, and one of that for GPS.
    let (camera, gps) = (8 + 2 + 3 * 12 + 4, 8 + 2 + 3 * 12 + 4 + u32::try_from(CAMERA.len()).expect("it is short"));
    exif.extend([0, 3]);
    exif.extend(entry(0x0110, 2, u32::try_from(CAMERA.len()).expect("it is short"), camera));
    exif.extend(entry(0x0112, 3, 1, 6 << 16));
    exif.extend(entry(0x8825, 4, 1, gps));
    exif.extend([0; 4]);
    exif.extend(CAMERA.bytes());
    exif.extend([0, 1]);
    // North.
    exif.extend(entry(0x0001, 2, 2, u32::from(b'N') << 24));
    exif.extend([0; 4]);
    let length = u16::try_from(exif.len() + 2).expect("it is short").to_be_bytes();
    [&picture[..2], &[0xff, 0xe1], &length, &exif, &picture[2..]].concat()
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [name.as_slice(), data].concat();
    let mut crc = flate2::Crc::new();
    crc.update(&named);
    [&u32::try_from(data.len()).expect("it is short").to_be_bytes()[..], &named, &crc.sum().to_be_bytes()].concat()
}

/// A PNG of a few bytes that says it is this large.
pub fn bomb(width: u32, height: u32) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &head), chunk(b"IDAT", &[0x78, 0x9c, 0x03, 0, 0, 0, 0, 1]), chunk(b"IEND", &[])].concat()
}

/// The same PNG, saying that it moves.
pub fn moving(png: &[u8]) -> Vec<u8> {
    let (head, rest) = png.split_at(8 + 25);
    [head, &chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]), rest].concat()
}
