//! Signing in and out.

use askama::Template;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::asset::{ICON, STYLE};
use super::form::{BareForm, Form};
use super::signed::Signed;
use super::{PageError, cookie, render};
use crate::engine::account::{self, Secret, random_token, same};
use crate::web::WebState;

#[derive(Template)]
#[template(path = "sign_in.html", config = "web/askama.toml")]
struct SignInPage<'a> {
    style: &'a str,
    icon: &'a str,
    form_token: &'a str,
    /// What was typed as the name, to be typed again or not.
    name: &'a str,
    refused: bool,
}

#[derive(Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    form_token: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

pub(super) async fn show(
    signed: Result<Signed, PageError>,
    State(state): State<WebState>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if signed.is_ok() {
        return Ok(Redirect::to("/").into_response());
    }
    // A token that the browser has already is kept, so that a second tab does not spoil the first.
    let form_token = cookie::read(&headers, cookie::FORM).unwrap_or_else(|| random_token(""));
    let page = page(&form_token, "", false)?;
    let cookie = cookie::set(cookie::FORM, &form_token, state.secure_cookies);
    Ok(([(SET_COOKIE, cookie)], page).into_response())
}

pub(super) async fn submit(
    State(state): State<WebState>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, PageError> {
    let form_token = cookie::read(&headers, cookie::FORM).ok_or(PageError::StaleForm)?;
    if !same(form_token.expose(), &form.form_token) {
        return Err(PageError::StaleForm);
    }
    let password = Secret::new(form.password);
    let now = state.clock.now();
    let signed = account::sign_in(&state.store, &state.passwords, &form.name, &password, now).await?;
    let Some(signed) = signed else {
        return Ok((StatusCode::FORBIDDEN, page(&form_token, form.name.trim(), true)?).into_response());
    };
    let cookies = [
        (SET_COOKIE, cookie::set(cookie::SESSION, &signed.secret, state.secure_cookies)),
        (SET_COOKIE, cookie::clear(cookie::FORM, state.secure_cookies)),
    ];
    Ok((AppendHeaders(cookies), Redirect::to("/")).into_response())
}

pub(super) async fn sign_out(
    signed: Signed,
    State(state): State<WebState>,
    Form(form): Form<BareForm>,
) -> Result<Response, PageError> {
    signed.check(&form.form_token)?;
    account::sign_out(&state.store, &signed.0, state.clock.now()).await?;
    let cookie = cookie::clear(cookie::SESSION, state.secure_cookies);
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response())
}

fn page(form_token: &Secret, name: &str, refused: bool) -> Result<Html<String>, PageError> {
    let form_token = form_token.expose();
    render(&SignInPage { style: &STYLE.name, icon: &ICON.name, form_token, name, refused })
}
