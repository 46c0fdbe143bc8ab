//! Why a connection ended, in a sentence that says what to look at, and without anything that was in a packet.

use std::error::Error as _;
use std::io;

use rumqttc::mqttbytes::Error as FrameError;
use rumqttc::{ConnectReturnCode, ConnectionError, StateError, TlsError};
use rustls::{AlertDescription, CertificateError, Error};

pub(super) fn explain(error: &ConnectionError) -> String {
    match error {
        ConnectionError::Io(error)
        | ConnectionError::MqttState(
            StateError::Io(error) | StateError::Deserialization(FrameError::Io(error)),
        )
        | ConnectionError::Tls(TlsError::Io(error)) => of_socket(error),
        ConnectionError::Tls(TlsError::TLS(error)) => of_tls(error),
        ConnectionError::Tls(error) => format!("TLS: {error}"),
        ConnectionError::ConnectionRefused(code) => of_refusal(*code).to_owned(),
        ConnectionError::NetworkTimeout | ConnectionError::FlushTimeout => "timed out".to_owned(),
        ConnectionError::MqttState(StateError::ConnectionAborted) => "closed by the broker".to_owned(),
        ConnectionError::MqttState(StateError::AwaitPingResp) => {
            "the broker does not answer pings".to_owned()
        }
        _ => "a packet was not understood".to_owned(),
    }
}

/// TLS speaks through the socket's errors too, at the handshake and, from TLS 1.3 on, after it.
fn of_socket(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(tls) => of_tls(tls),
        None => match error.source().and_then(|source| source.downcast_ref::<Error>()) {
            Some(tls) => of_tls(tls),
            None => error.kind().to_string(),
        },
    }
}

fn of_tls(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(why) => of_certificate(why).to_owned(),
        Error::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure) => {
            "the broker wants a certificate of us: set mqtt.client_cert_file and mqtt.client_key_file"
                .to_owned()
        }
        Error::AlertReceived(
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::DecryptError,
        ) => "the broker does not accept the certificate in mqtt.client_cert_file".to_owned(),
        error => format!("TLS: {error}"),
    }
}

const fn of_certificate(why: &CertificateError) -> &'static str {
    match why {
        // Another authority of the same name: the signature is not the trusted one's.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the broker's certificate is of no authority that we trust: check mqtt.ca_file"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the broker's certificate has expired, or our clock is wrong"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the broker's certificate is not valid yet, or our clock is wrong"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the broker's certificate is for another host name than that in mqtt.broker"
        }
        CertificateError::Revoked => "the broker's certificate was revoked",
        _ => "the broker's certificate cannot be trusted",
    }
}

const fn of_refusal(code: ConnectReturnCode) -> &'static str {
    match code {
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
            "the broker does not let us in: check mqtt.username and mqtt.password, or our client certificate"
        }
        ConnectReturnCode::BadClientId => "the broker does not accept mqtt.client_id",
        ConnectReturnCode::ServiceUnavailable => "the broker says that it is not available",
        ConnectReturnCode::RefusedProtocolVersion => "the broker does not speak MQTT 3.1.1",
        ConnectReturnCode::Success => "the broker ended the session",
    }
}
