//! Pictures come in, are looked at, stand beside an initiative, and go when nobody uses them.

use chrono::TimeDelta;
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageFormat, codecs::jpeg::JpegDecoder};
use serde_json::{Value, json};

use super::scene::{association, complete, published, with};
use crate::{
    client::{Actor, Answer},
    pictures, stories,
    world::World,
};

const EVENING: &str = "To kvinder deler en kande kaffe ved et lille bord.";

fn beside(file: &str) -> Value {
    json!([{"file": file, "alt": EVENING}])
}

async fn reserved(actor: &Actor, organisation: &str) -> Answer {
    actor.post("/v1/files", json!({"organisation_id": organisation, "purpose": "image", "name": "Kaffe"})).await.is(201)
}

/// Everything that lies in the file store.
async fn stored(world: &World) -> usize {
    world.files.count().await.expect("memory can be counted")
}

/// Holds a picture that everybody gets against what its camera wrote.
fn upright_and_anonymous(answer: &Answer) -> DynamicImage {
    assert!(!answer.body.windows(4).any(|window| window == b"Exif"), "{} carries what the camera wrote", answer.said);
    assert!(!answer.text().contains(pictures::CAMERA));
    let mut decoder = JpegDecoder::new(std::io::Cursor::new(&answer.body)).expect("it is a JPEG");
    assert_eq!(decoder.exif_metadata().expect("it can be read"), None);
    DynamicImage::from_decoder(decoder).expect("it is whole")
}

stories! {
    async fn a_volunteer_publishes_a_photograph_and_nobody_learns_where_it_was_taken(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        let organisation = initiative.json()["organisation"]["id"].as_str().unwrap_or_default().to_owned();
        let place = reserved(&chair, &organisation).await;
        let (file, metadata) = (format!("/v1/files/{}", place.id()), place.header("location").to_owned());
        assert_eq!((&place.json()["status"], &place.json()["renditions"]), (&json!("reserved"), &json!([])));
        let photograph = pictures::from_a_telephone(60, 20);
        assert!(photograph.windows(4).any(|window| window == b"Exif"), "the story begins with one");
        let kept = chair.upload(&file, "image/jpeg", photograph).seen(&place.etag()).await.is(200).json();
        assert_eq!((&kept["status"], &kept["version"], &kept["in_use"]), (&json!("ready"), &json!(2), &json!(false)));
        // Held upright by the camera, so that width and height have changed places.
        assert_eq!((&kept["renditions"][0]["width"], &kept["renditions"][0]["height"]), (&json!(20), &json!(60)));
        for stranger in [world.anybody(), world.citizen()] {
            stranger.get(&file).await.refuses(404, "not-found");
        }
        chair.get(&file).await.is(200);

        // A picture is a minor thing: it goes live at once.
        let address = initiative.header("location");
        chair.patch(address, json!({"images": beside(&place.id())})).seen("*").await.is(200);
        let public = world.anybody().get(address).await.is(200).json();
        let image = &public["images"][0];
        assert_eq!((&image["alt"], &image["renditions"][1]["size"]), (&json!(EVENING), &json!("small")));
        for rendition in image["renditions"].as_array().expect("sizes") {
            let answer = world.anybody().get(rendition["url"].as_str().expect("an address")).await.is(200);
            let picture = upright_and_anonymous(&answer);
            assert_eq!((json!(picture.width()), json!(picture.height())), (rendition["width"].clone(), rendition["height"].clone()));
            // What was on the left when the camera lay on its side is at the top.
            assert!(picture.get_pixel(10, 5).0[0] > 150 && picture.get_pixel(10, 55).0[2] > 150, "{:?}", picture.get_pixel(10, 5));
            assert_eq!(answer.header("content-type"), "image/jpeg");
            assert_eq!(answer.header("content-disposition"), format!("inline; filename=\"{}.jpeg\"", place.id()));
            assert!(answer.header("cache-control").starts_with("public, max-age="));
        }
        let card = world.anybody().get("/v1/initiatives").await.is(200).json();
        assert_eq!(card["items"][0]["image"], json!({"url": format!("{file}?size=small"), "alt": EVENING}));
        let linked = world.anybody().get(address).header("accept", "application/ld+json").await.is(200).json();
        assert_eq!((&linked["image"][0]["caption"], &linked["image"][0]["height"]), (&json!(EVENING), &json!(60)));

        // In use it can neither be changed nor thrown away.
        chair.upload(&file, "image/jpeg", pictures::jpeg(8, 8)).seen("*").await.refuses(409, "file-ready");
        chair.delete(&file).seen("*").await.refuses(409, "file-in-use");
        let known = chair.get(&metadata).await.is(200).json();
        assert_eq!((&known["in_use"], &known["actions"][1]["blocked_by"], known.get("discard_at")), (&json!(true), &json!("file-in-use"), None));
        world.citizen().get(&metadata).await.refuses(404, "not-found");

        // Out of the catalogue, out of sight.
        chair.act(format!("{address}/pause")).await.is(200);
        world.anybody().get(&file).await.refuses(404, "not-found");
        chair.act(format!("{address}/resume")).await.is(200);
        world.anybody().get(&file).await.is(200);
    }

    async fn a_picture_that_was_replaced_goes_after_a_day(world: World) {
        let (chair, organisation) = association(&world).await;
        let old = pictures::uploaded(&chair, &organisation, pictures::jpeg(8, 8)).await;
        let new = pictures::uploaded(&chair, &organisation, pictures::jpeg(9, 9)).await;
        let drafted = chair.post("/v1/initiatives", with(complete(&organisation), "/images", beside(&old))).await.is(201);
        let address = drafted.header("location");
        chair.patch(address, json!({"images": beside(&new)})).seen("*").await.is(200);
        assert_eq!(stored(&world).await, 4);
        world.wait(TimeDelta::hours(23));
        chair.get(format!("/v1/files/{old}")).await.is(200);
        world.wait(TimeDelta::hours(2));
        chair.get(format!("/v1/files/{old}")).await.refuses(404, "not-found");
        chair.get(format!("/v1/files/{new}")).await.is(200);
        assert_eq!(stored(&world).await, 2, "its bytes are gone, too");
        // Nobody can put back what has gone.
        chair.patch(address, json!({"images": beside(&old)})).seen("*").await.refuses(400, "invalid-input").finds("/images/0/file", "unknown-file");

        // What was reserved and never filled, and what nobody ever used, goes the same way.
        let empty = reserved(&chair, &organisation).await;
        let unused = pictures::uploaded(&chair, &organisation, pictures::jpeg(8, 8)).await;
        world.wait(TimeDelta::hours(25));
        for gone in [&empty.id(), &unused] {
            chair.get(format!("/v1/files/{gone}/metadata")).await.refuses(404, "not-found");
        }
        assert_eq!(stored(&world).await, 2);

        // And at once what its owners throw away.
        let regretted = pictures::uploaded(&chair, &organisation, pictures::jpeg(8, 8)).await;
        chair.delete(format!("/v1/files/{regretted}")).seen("*").await.is(204);
        chair.get(format!("/v1/files/{regretted}")).await.refuses(404, "not-found");
        world.wait(TimeDelta::hours(1));
        assert_eq!(stored(&world).await, 2);
    }

    async fn the_picture_of_a_draft_is_nobody_elses(world: World) {
        let (chair, organisation) = association(&world).await;
        let picture = pictures::uploaded(&chair, &organisation, pictures::jpeg(8, 8)).await;
        let drafted = chair.post("/v1/initiatives", with(complete(&organisation), "/images", beside(&picture))).await.is(201);
        let file = format!("/v1/files/{picture}");
        world.anybody().get(&file).await.refuses(404, "not-found");
        world.citizen().get(&file).await.refuses(404, "not-found");
        for reader in [&chair, &world.editor()] {
            assert_eq!(reader.get(&file).await.is(200).header("cache-control"), "private, no-store");
        }
        world.citizen().delete(&file).seen("*").await.refuses(404, "not-found");
        chair.act(format!("{}/submit", drafted.header("location"))).await.is(200);
        world.anybody().get(&file).await.refuses(404, "not-found");
        world.editor().act(format!("{}/publish", drafted.header("location"))).await.is(200);
        world.anybody().get(&file).await.is(200);
        // Forgotten by everybody, the entry is hidden, and so is what it shows.
        world.wait(TimeDelta::days(430));
        world.anybody().get(&file).await.refuses(404, "not-found");
        chair.get(&file).await.is(200);
    }

    async fn only_ones_own_pictures_and_only_with_words(world: World) {
        let (chair, organisation) = association(&world).await;
        let other = world.business("bo", "29189382");
        let house = other.post("/v1/organisations", json!({"kind": "association", "name": "Naboerne", "cvr": "29189382"})).await.is(201);
        let foreign = pictures::uploaded(&other, &house.id(), pictures::jpeg(8, 8)).await;
        let own = pictures::uploaded(&chair, &organisation, pictures::jpeg(8, 8)).await;
        let empty = reserved(&chair, &organisation).await.id();
        let draft = |images: Value| chair.post("/v1/initiatives", with(complete(&organisation), "/images", images));
        for unusable in [&foreign, &empty, &world.clock.new_id().to_string()] {
            draft(beside(unusable)).await.refuses(400, "invalid-input").finds("/images/0/file", "unknown-file");
        }
        draft(json!([{"file": own}])).await.refuses(400, "invalid-input").finds("/images/0/alt", "required");
        draft(json!([{"file": own, "alt": "  "}])).await.refuses(400, "invalid-input").finds("/images/0/alt", "required");
        draft(json!([{"file": own, "alt": "Kaffe"}, {"file": own, "alt": "Kage"}])).await.refuses(400, "invalid-input").finds("/images/1/file", "duplicate");
        draft(beside(&own)).await.is(201);
        other.post("/v1/files", json!({"organisation_id": organisation, "purpose": "image", "name": "Kaffe"})).await.refuses(404, "not-found");
        chair.post("/v1/files", json!({"organisation_id": organisation, "purpose": "image", "name": "../kaffe.jpg"})).await
            .refuses(400, "invalid-input").finds("/name", "malformed");
        // A house with many forgotten pictures is told so before its disk is full.
        for _ in 1..50 {
            reserved(&chair, &organisation).await;
        }
        chair.post("/v1/files", json!({"organisation_id": organisation, "purpose": "image", "name": "Kaffe"})).await.refuses(409, "too-many-unused-files");
    }

    async fn what_is_no_honest_picture_is_refused_and_says_why(world: World) {
        let (chair, organisation) = association(&world).await;
        let place = reserved(&chair, &organisation).await;
        let file = format!("/v1/files/{}", place.id());
        let (jpeg, png) = (pictures::jpeg(64, 64), pictures::written(64, 64, ImageFormat::Png));
        for (what, media_type, bytes, problem) in [
            ("nothing", "image/png", Vec::new(), "not-an-image"),
            ("SVG", "image/png", b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec(), "not-an-image"),
            ("HTML", "image/jpeg", b"<!DOCTYPE html><script>alert(1)</script>".to_vec(), "not-an-image"),
            ("GIF", "image/png", b"GIF89a\x01\x00\x01\x00\x80\x00\x00".to_vec(), "not-an-image"),
            ("a JPEG that says it is a PNG", "image/png", jpeg.clone(), "file-type-mismatch"),
            ("half a JPEG", "image/jpeg", jpeg[..jpeg.len() / 2].to_vec(), "image-damaged"),
            ("half a PNG", "image/png", png[..png.len() / 2].to_vec(), "image-damaged"),
            ("a name without a picture", "image/png", png[..8].to_vec(), "image-damaged"),
            ("a bomb", "image/png", pictures::bomb(30_000, 30_000), "image-too-many-pixels"),
            ("a moving PNG", "image/png", pictures::moving(&png), "image-animated"),
        ] {
            let answer = chair.upload(&file, media_type, bytes).seen("*").await;
            assert_eq!((answer.status.as_u16(), &answer.json()["type"]), (422, &json!(format!("/problems/{problem}"))), "{what}: {}", answer.text());
        }
        chair.upload(&file, "image/svg+xml", "<svg/>").seen("*").await.refuses(415, "unsupported-file-type");
        assert_eq!(stored(&world).await, 0, "nothing of it was kept");
        assert_eq!(chair.get(place.header("location")).await.json()["status"], "reserved", "and an honest one can still come");

        // A picture with a page behind its end is a picture; the page is lost on the way.
        let page = b"<html><script>alert(1)</script></html>";
        chair.upload(&file, "image/jpeg", [jpeg.as_slice(), page].concat()).seen("*").await.is(200);
        let given = chair.get(&file).await.is(200);
        assert!(!given.text().contains("<script>"));
        assert_eq!(given.header("x-content-type-options"), "nosniff");
    }
}
