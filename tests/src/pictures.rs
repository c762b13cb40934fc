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
    actor.put(address, "image/jpeg", bytes).seen(&reserved.etag()).await.is(200);
    reserved.id()
}
