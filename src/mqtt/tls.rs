//! Whom we trust, and who we say we are: the certificates of `mqtts`, read once, at the start.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rumqttc::TlsConfiguration;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;

/// What is wrong with the certificates: a sentence that names the key.
#[derive(Debug, Error)]
pub enum BadTls {
    #[error("mqtt.{key} {path} cannot be read: {source}")]
    Unreadable { key: &'static str, path: PathBuf, source: std::io::Error },
    #[error("mqtt.ca_file {0} holds no PEM certificate that can be trusted")]
    NoAuthority(PathBuf),
    #[error("mqtt.client_cert_file {0} holds no PEM certificate")]
    NoCertificate(PathBuf),
    #[error("mqtt.client_key_file {0} holds no PEM private key")]
    NoKey(PathBuf),
    #[error("mqtt.client_cert_file and mqtt.client_key_file need each other: give both or neither")]
    Alone,
    #[error("mqtt.client_key_file {0} is not the key of the certificate in mqtt.client_cert_file")]
    OtherKey(PathBuf),
    #[error("TLS is not possible here: {0}")]
    Impossible(String),
}

/// Trusts the authorities in `ca`, or those of the machine, and shows the certificate in `cert` to whoever asks for one.
pub(super) fn configure(
    ca: Option<&Path>,
    cert: Option<&Path>,
    key: Option<&Path>,
) -> Result<TlsConfiguration, BadTls> {
    let trusting = trust(ca)?;
    match (cert, key) {
        (None, None) => Ok(trusting),
        (Some(cert), Some(key)) => identify(trusting, cert, key),
        _ => Err(BadTls::Alone),
    }
}

fn trust(ca: Option<&Path>) -> Result<TlsConfiguration, BadTls> {
    let Some(path) = ca else {
        return TlsConfiguration::try_default_rustls().map_err(|error| BadTls::Impossible(error.to_string()));
    };
    let pem = read("ca_file", path)?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&pem).flatten());
    if roots.is_empty() {
        return Err(BadTls::NoAuthority(path.to_owned()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| BadTls::Impossible(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config.into())
}

fn identify(trusting: TlsConfiguration, cert: &Path, key: &Path) -> Result<TlsConfiguration, BadTls> {
    let pem = read("client_cert_file", cert)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem).flatten().collect();
    if chain.is_empty() {
        return Err(BadTls::NoCertificate(cert.to_owned()));
    }
    let pem = read("client_key_file", key)?;
    let secret = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| BadTls::NoKey(key.to_owned()))?;
    let certified = CertifiedKey::from_der(chain, secret, &default_provider())
        .map_err(|_| BadTls::OtherKey(key.to_owned()))?;
    let TlsConfiguration::Rustls(trusting) = trusting else {
        return Err(BadTls::Impossible("no client certificate can be shown".to_owned()));
    };
    let mut config = Arc::unwrap_or_clone(trusting);
    config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(certified));
    Ok(config.into())
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, BadTls> {
    std::fs::read(path).map_err(|source| BadTls::Unreadable { key, path: path.to_owned(), source })
}
