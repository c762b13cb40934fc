//! What people send as a picture becomes one of ours: looked at, turned upright, made smaller and written anew.
//!
//! A picture tells more than it shows: where and when it was taken, with what, by whom, and whatever else hides behind its end. None of
//! that survives being written anew from its pixels, and neither does anything that is a picture and something else at the same time.

use std::io::Cursor;

use files::{FileRule, FileSize, MAX_PIXELS, MediaType, Pixels};
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, Limits, Rgba,
    codecs::{
        jpeg::{JpegDecoder, JpegEncoder},
        png::{PngDecoder, PngEncoder},
        webp::WebPDecoder,
    },
    metadata::Orientation,
};
use persistence::files::Piece;

/// Bytes that decoding may take.
const MEMORY: u64 = 256 * 1024 * 1024;

/// Of a JPEG: hardly to be told from the original on a screen.
const QUALITY: u8 = 82;

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    limits
}

fn refused(error: &ImageError) -> FileRule {
    if matches!(error, ImageError::Limits(_)) { FileRule::TooManyPixels } else { FileRule::Damaged }
}

/// A picture in every size that is kept.
///
/// # Errors
/// What is wrong with it.
pub fn render(bytes: &[u8], declared: MediaType) -> Result<Vec<Piece>, FileRule> {
    let mut picture = decode(bytes, declared)?;
    let mut pieces = Vec::new();
    for size in FileSize::ALL {
        let pixels = size.pixels();
        if picture.width().max(picture.height()) > pixels {
            picture = picture.thumbnail(pixels, pixels);
        }
        pieces.push(encode(*size, &picture).map_err(|error| refused(&error))?);
    }
    Ok(pieces)
}

/// No larger than the largest size, and upright.
fn decode(bytes: &[u8], declared: MediaType) -> Result<DynamicImage, FileRule> {
    let found = match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => MediaType::Jpeg,
        Ok(ImageFormat::Png) => MediaType::Png,
        Ok(ImageFormat::WebP) => MediaType::WebP,
        _ => return Err(FileRule::NotAnImage),
    };
    if found != declared {
        return Err(FileRule::OtherType);
    }
    let damaged = |error: ImageError| refused(&error);
    match found {
        // The decoder makes up what is missing at the end.
        MediaType::Jpeg if !is_whole(bytes) => Err(FileRule::Damaged),
        MediaType::Jpeg => upright(JpegDecoder::new(Cursor::new(bytes)).map_err(damaged)?),
        MediaType::Png => {
            let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits()).map_err(damaged)?;
            if decoder.is_apng().map_err(damaged)? { Err(FileRule::Animated) } else { upright(decoder) }
        }
        MediaType::WebP => {
            let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
            if decoder.has_animation() { Err(FileRule::Animated) } else { upright(decoder) }
        }
    }
}

fn upright(mut decoder: impl ImageDecoder) -> Result<DynamicImage, FileRule> {
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(FileRule::TooManyPixels);
    }
    decoder.set_limits(limits()).map_err(|error| refused(&error))?;
    // Whoever cannot read how the camera was held sees the picture as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| refused(&error))?;
    // Made smaller before it is turned: turning takes the room of both.
    let largest = FileSize::Full.pixels();
    let mut picture = if width.max(height) > largest { picture.thumbnail(largest, largest) } else { picture };
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// As PNG where one can see through it, and otherwise as JPEG. Nothing but pixels is written.
fn encode(size: FileSize, picture: &DynamicImage) -> Result<Piece, ImageError> {
    let mut bytes = Vec::new();
    let transparent = picture.has_alpha() && picture.to_rgba8().pixels().any(|Rgba([.., alpha])| *alpha < u8::MAX);
    let media_type = if transparent { MediaType::Png } else { MediaType::Jpeg };
    if transparent {
        picture.to_rgba8().write_with_encoder(PngEncoder::new(&mut bytes))?;
    } else {
        picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
    }
    let pixels = i32::try_from(picture.width()).ok().zip(i32::try_from(picture.height()).ok());
    Ok(Piece { size, media_type, bytes, pixels: pixels.map(|(width, height)| Pixels { width, height }) })
}

/// Whether a JPEG comes to its end: marker by marker, and from the beginning of each scan to the next marker.
fn is_whole(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        rest = match rest {
            [] => return false,
            [0xff, 0xd9, ..] => return true,
            [0xff, 0x01 | 0xd0..=0xd7, tail @ ..] => tail,
            [0xff, marker, high, low, ..] if *marker != 0xff => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let tail = rest.get(2 + length..).unwrap_or_default();
                if *marker == 0xda { next_marker(tail) } else { tail }
            }
            [_, tail @ ..] => tail,
        };
    }
}

fn next_marker(scan: &[u8]) -> &[u8] {
    let marker = |pair: &[u8]| matches!(pair, [0xff, other] if !matches!(other, 0x00 | 0xd0..=0xd7));
    let place = scan.windows(2).position(marker).unwrap_or(scan.len());
    scan.get(place..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use files::{FileRule, FileSize, MediaType, Pixels};
    use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};

    use super::{is_whole, render};

    fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).expect("it can be written");
        bytes.into_inner()
    }

    /// Red on the left, blue on the right.
    fn halves(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_fn(width, height, |x, _| if x < width / 2 { [255, 0, 0].into() } else { [0, 0, 255].into() }).into()
    }

    #[test]
    fn every_format_comes_out_in_every_size() {
        for (format, media_type) in
            [(ImageFormat::Jpeg, MediaType::Jpeg), (ImageFormat::Png, MediaType::Png), (ImageFormat::WebP, MediaType::WebP)]
        {
            let pieces = render(&written(&halves(1000, 500), format), media_type).expect("it is a picture");
            let sizes: Vec<_> = pieces.iter().map(|piece| (piece.size, piece.media_type, piece.pixels)).collect();
            let pixels = |width, height| Some(Pixels { width, height });
            assert_eq!(sizes, [(FileSize::Full, MediaType::Jpeg, pixels(1000, 500)), (FileSize::Small, MediaType::Jpeg, pixels(400, 200))]);
        }
    }

    #[test]
    fn what_one_can_see_through_stays_so() {
        let glass: DynamicImage = RgbaImage::from_pixel(8, 8, [0, 200, 0, 100].into()).into();
        let pieces = render(&written(&glass, ImageFormat::Png), MediaType::Png).expect("it is a picture");
        assert!(pieces.iter().all(|piece| piece.media_type == MediaType::Png));
        let opaque: DynamicImage = RgbaImage::from_pixel(8, 8, [0, 200, 0, 255].into()).into();
        let pieces = render(&written(&opaque, ImageFormat::Png), MediaType::Png).expect("it is a picture");
        assert!(pieces.iter().all(|piece| piece.media_type == MediaType::Jpeg));
    }

    #[test]
    fn a_picture_is_whole_or_refused() {
        for (format, media_type) in
            [(ImageFormat::Jpeg, MediaType::Jpeg), (ImageFormat::Png, MediaType::Png), (ImageFormat::WebP, MediaType::WebP)]
        {
            let bytes = written(&halves(64, 64), format);
            for cut in [bytes.len() / 3, bytes.len() / 2, bytes.len() - 30] {
                let refusal = render(&bytes[..cut], media_type).err();
                assert_eq!(refusal, Some(FileRule::Damaged), "{format:?} cut after {cut} of {}", bytes.len());
            }
        }
        let mut trailing = written(&halves(64, 64), ImageFormat::Jpeg);
        trailing.extend_from_slice(b"<script>alert(1)</script>");
        assert!(is_whole(&trailing));
        let pieces = render(&trailing, MediaType::Jpeg).expect("what stands behind the end is no part of it");
        assert!(pieces.iter().all(|piece| !piece.bytes.windows(8).any(|window| window == b"<script>")));
    }
}
