//! The style sheet and the script, inside the binary. Their addresses change with their contents, so that browsers
//! may keep them for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::PageError;
use crate::engine::account::{Secret, hash};

pub(super) struct Asset {
    /// Its place below `/assets/`.
    pub(super) name: String,
    kind: &'static str,
    body: &'static str,
}

pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("lamplight", "css", "text/css; charset=utf-8", include_str!("../../../web/lamplight.css"))
});
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("refresh", "js", "text/javascript; charset=utf-8", include_str!("../../../web/refresh.js"))
});
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("lamp", "svg", "image/svg+xml", include_str!("../../../web/lamp.svg")));

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, body: &'static str) -> Self {
        let version = hash(&Secret::new(body));
        Self { name: format!("{stem}-{}.{ending}", &version[..12]), kind, body }
    }
}

pub(super) async fn serve(Path(name): Path<String>) -> Response {
    match [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.name == name) {
        Some(asset) => {
            ([(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")], asset.body)
                .into_response()
        }
        None => PageError::NotFound.into_response(),
    }
}
