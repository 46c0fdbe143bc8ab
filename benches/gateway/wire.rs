//! The few MQTT 3.1.1 packets that a load needs, by hand: a client library would be measured too.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Result, bail};

use crate::process::loopback;

pub const PUBACK: u8 = 0x40;
/// A PUBACK is always this long.
pub const PUBACK_BYTES: usize = 4;
const PUBLISH_QOS1: u8 = 0x32;

/// Connects to the broker on `port`; a session that is not clean outlives the connection.
pub fn connect(port: u16, client_id: &str, clean: bool) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(loopback(port))?;
    stream.set_nodelay(true)?;
    let mut body = b"\x00\x04MQTT\x04".to_vec();
    // Flags: clean session or none. Keep-alive 0: no pings.
    body.extend_from_slice(&[u8::from(clean) << 1, 0, 0]);
    put_text(&mut body, client_id);
    stream.write_all(&packet(0x10, &body))?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer)?;
    match answer {
        [0x20, 2, _, 0] => Ok(stream),
        _ => bail!("the broker refused a connection: {answer:?}"),
    }
}

/// Subscribes with QoS 1 and waits for the grant.
pub fn subscribe(stream: &mut TcpStream, filter: &str) -> Result<()> {
    let mut body = vec![0, 1];
    put_text(&mut body, filter);
    body.push(1);
    stream.write_all(&packet(0x82, &body))?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    match answer {
        [0x90, 3, 0, 1, 1] => Ok(()),
        _ => bail!("the broker refused a subscription: {answer:?}"),
    }
}

/// Appends a PUBLISH with QoS 1.
pub fn put_publish(out: &mut Vec<u8>, topic: &str, packet_id: u16, payload: &[u8]) {
    out.push(PUBLISH_QOS1);
    put_length(out, 2 + topic.len() + 2 + payload.len());
    put_text(out, topic);
    out.extend_from_slice(&packet_id.to_be_bytes());
    out.extend_from_slice(payload);
}

/// The packet at the start of `bytes`: its first byte, its body and its whole length. Nothing if it is not complete.
pub fn next_packet(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let first = *bytes.first()?;
    let mut length = 0;
    for (n, &byte) in bytes.get(1..)?.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            let start = n + 2;
            return Some((first, bytes.get(start..start + length)?, start + length));
        }
    }
    None
}

/// The packet id of a PUBLISH with QoS 1.
pub fn publish_id(first: u8, body: &[u8]) -> Option<[u8; 2]> {
    if first & 0xf6 != PUBLISH_QOS1 {
        return None;
    }
    let topic = usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?]));
    Some([*body.get(2 + topic)?, *body.get(3 + topic)?])
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first];
    put_length(&mut packet, body.len());
    packet.extend_from_slice(body);
    packet
}

fn put_length(out: &mut Vec<u8>, mut length: usize) {
    while length > 0x7f {
        out.push(0x80 | (length & 0x7f) as u8);
        length >>= 7;
    }
    out.push(length as u8);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u16).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}
