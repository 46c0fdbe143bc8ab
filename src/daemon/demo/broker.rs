//! The built-in broker: for trying Lamplight out with nothing installed. It keeps nothing on disk, so it is never what
//! a real service stands on.

use std::net::SocketAddr;

use mqtt5::broker::config::{StorageBackend, StorageConfig};
use mqtt5::broker::{BrokerConfig, MqttBroker};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::daemon::DaemonError;

/// Larger than any reading, smaller than a nuisance.
const LARGEST_PACKET: usize = 256 * 1024;

/// Starts the broker on loopback, on a free port if the wanted one is taken; where it listens.
pub(super) async fn start(wanted: SocketAddr, stop: CancellationToken) -> Result<SocketAddr, DaemonError> {
    let address = free(wanted).await?;
    let fault = |error: mqtt5::MqttError| {
        DaemonError::Settings(format!("the demo's broker cannot listen on {address}: {error}"))
    };
    let mut config = BrokerConfig {
        bind_addresses: vec![address],
        max_packet_size: LARGEST_PACKET,
        maximum_qos: 1,
        storage_config: StorageConfig::new().with_backend(StorageBackend::Memory),
        ..BrokerConfig::default()
    };
    config.auth_config.allow_anonymous = true;
    let mut broker = MqttBroker::with_config(config).await.map_err(fault)?;
    tokio::spawn(async move {
        tokio::select! {
            ended = broker.run() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "the demo's broker ended");
                }
            }
            () = stop.cancelled() => {}
        }
    });
    Ok(address)
}

/// The wanted address if nobody has it, or one with a port that nobody has.
async fn free(wanted: SocketAddr) -> Result<SocketAddr, DaemonError> {
    for address in [wanted, SocketAddr::new(wanted.ip(), 0)] {
        if let Ok(listener) = TcpListener::bind(address).await
            && let Ok(free) = listener.local_addr()
        {
            return Ok(free);
        }
    }
    Err(DaemonError::Settings("no free port for the demo's broker".to_owned()))
}
