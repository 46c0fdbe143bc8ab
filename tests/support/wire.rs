//! MQTT 3.1.1 by hand, for peers that a test scripts: a broker that misbehaves, a device that publishes.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// The longest that a test waits for anything that must come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A packet: the first byte and everything after the length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub first: u8,
    pub body: Vec<u8>,
}

/// One end of a connection.
pub struct Wire {
    stream: TcpStream,
}

/// A broker that does only what the test says.
pub struct ScriptedBroker {
    listener: TcpListener,
    pub port: u16,
}

/// What a client said on connecting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    pub clean_session: bool,
    pub keep_alive_s: u16,
    /// Client id, then user name and password if given.
    pub fields: Vec<String>,
}

impl Frame {
    pub fn kind(&self) -> u8 {
        self.first >> 4
    }

    /// The packet id of a packet that begins with one.
    pub fn packet_id(&self) -> u16 {
        u16::from_be_bytes([self.body[0], self.body[1]])
    }
}

pub const PUBACK: u8 = 4;
pub const SUBSCRIBE: u8 = 8;
pub const PINGREQ: u8 = 12;
pub const DISCONNECT: u8 = 14;

impl Wire {
    pub async fn send(&mut self, first: u8, body: &[u8]) {
        self.try_send(first, body).await.unwrap();
    }

    async fn try_send(&mut self, first: u8, body: &[u8]) -> io::Result<()> {
        let mut packet = vec![first];
        let mut length = body.len();
        loop {
            let low = u8::try_from(length % 128).unwrap();
            length /= 128;
            packet.push(if length > 0 { low | 128 } else { low });
            if length == 0 {
                break;
            }
        }
        packet.extend_from_slice(body);
        self.stream.write_all(&packet).await
    }

    /// The next packet, or nothing when the peer has hung up.
    pub async fn read(&mut self) -> Option<Frame> {
        timeout(PATIENCE, self.try_read()).await.expect("a packet or the end of the connection").ok()
    }

    /// The next packet but pings, which are answered.
    pub async fn read_past_pings(&mut self) -> Option<Frame> {
        loop {
            let frame = self.read().await?;
            if frame.kind() != PINGREQ {
                return Some(frame);
            }
            self.send(0xd0, &[]).await;
        }
    }

    /// Whether nothing comes for this long.
    pub async fn is_silent_for(&mut self, time: Duration) -> bool {
        timeout(time, self.stream.peek(&mut [0])).await.is_err()
    }

    async fn try_read(&mut self) -> io::Result<Frame> {
        let first = self.stream.read_u8().await?;
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = self.stream.read_u8().await?;
            length |= usize::from(byte & 127) << shift;
            shift += 7;
            if byte & 128 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(Frame { first, body })
    }

    /// Sends a publish at QoS 1.
    pub async fn publish(&mut self, topic: &str, packet_id: u16, payload: &[u8]) {
        self.send(0x32, &publish_body(topic, packet_id, payload)).await;
    }

    /// Sends a publish at QoS 1 that was sent before.
    pub async fn publish_again(&mut self, topic: &str, packet_id: u16, payload: &[u8]) {
        self.send(0x3a, &publish_body(topic, packet_id, payload)).await;
    }

    /// Connects to a broker as a device with a clean session.
    pub async fn device(port: u16, client_id: &str) -> Self {
        let mut wire = Self { stream: TcpStream::connect(("127.0.0.1", port)).await.unwrap() };
        let mut body = b"\x00\x04MQTT\x04\x02\x00\x3c".to_vec();
        put_text(&mut body, client_id);
        wire.send(0x10, &body).await;
        let greeted = wire.read().await.expect("CONNACK");
        assert_eq!(greeted, Frame { first: 0x20, body: vec![0, 0] });
        wire
    }

    /// Subscribes at QoS 0.
    pub async fn listen(&mut self, filter: &str) {
        let mut body = vec![0, 1];
        put_text(&mut body, filter);
        body.push(0);
        self.send(0x82, &body).await;
        assert_eq!(self.read().await.expect("SUBACK"), Frame { first: 0x90, body: vec![0, 1, 0] });
    }

    /// Publishes at QoS 1 and waits until the broker has it.
    pub async fn deliver(&mut self, topic: &str, packet_id: u16, payload: &[u8]) {
        self.publish(topic, packet_id, payload).await;
        let answer = self.read().await.expect("PUBACK");
        assert_eq!((answer.kind(), answer.packet_id()), (PUBACK, packet_id));
    }

    /// Publishes at QoS 1 for late subscribers too, and waits until the broker has it.
    pub async fn deliver_retained(&mut self, topic: &str, packet_id: u16, payload: &[u8]) {
        self.send(0x33, &publish_body(topic, packet_id, payload)).await;
        assert_eq!(self.read().await.expect("PUBACK").kind(), PUBACK);
    }
}

impl ScriptedBroker {
    pub async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port }
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// The next connection, before anything was said.
    pub async fn accept(&self) -> Wire {
        let accepted = timeout(PATIENCE, self.listener.accept()).await.expect("a connection").unwrap();
        accepted.0.set_nodelay(true).unwrap();
        Wire { stream: accepted.0 }
    }

    /// The next connection, greeted and subscribed. Gives the greeting and the filters with it.
    pub async fn welcome(&self, session_present: bool) -> (Wire, Greeting, Vec<String>) {
        let mut wire = self.accept().await;
        let greeting = read_greeting(&wire.read().await.expect("CONNECT"));
        wire.send(0x20, &[u8::from(session_present), 0]).await;
        let subscribe = wire.read().await.expect("SUBSCRIBE");
        assert_eq!(subscribe.kind(), SUBSCRIBE);
        let filters = read_filters(&subscribe);
        let mut body = subscribe.body[..2].to_vec();
        body.extend(filters.iter().map(|_| 1));
        wire.send(0x90, &body).await;
        (wire, greeting, filters)
    }
}

pub fn read_filters(subscribe: &Frame) -> Vec<String> {
    let mut rest = &subscribe.body[2..];
    let mut filters = Vec::new();
    while !rest.is_empty() {
        filters.push(take_text(&mut rest));
        assert_eq!(rest[0], 1, "subscribed at QoS 1");
        rest = &rest[1..];
    }
    filters
}

pub fn read_greeting(connect: &Frame) -> Greeting {
    let (flags, keep_alive) = (connect.body[7], [connect.body[8], connect.body[9]]);
    let mut rest = &connect.body[10..];
    let mut fields = Vec::new();
    while !rest.is_empty() {
        fields.push(take_text(&mut rest));
    }
    Greeting { clean_session: flags & 2 != 0, keep_alive_s: u16::from_be_bytes(keep_alive), fields }
}

fn publish_body(topic: &str, packet_id: u16, payload: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(topic.len() + payload.len() + 4);
    put_text(&mut body, topic);
    body.extend_from_slice(&packet_id.to_be_bytes());
    body.extend_from_slice(payload);
    body
}

fn put_text(body: &mut Vec<u8>, text: &str) {
    body.extend_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
    body.extend_from_slice(text.as_bytes());
}

fn take_text(rest: &mut &[u8]) -> String {
    let (length, tail) = rest.split_at(2);
    let (text, tail) = tail.split_at(usize::from(u16::from_be_bytes([length[0], length[1]])));
    *rest = tail;
    String::from_utf8(text.to_vec()).unwrap()
}
