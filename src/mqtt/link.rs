//! One connection's book: what was offered and waits for its answer, and whether the connection must end.

use std::collections::HashMap;
use std::time::Duration;

use rumqttc::{AsyncClient, ManualAck, PubAck, PubRec, Publish, QoS};
use tokio::time::Instant;

/// How long the broker may take to see our DISCONNECT.
const FAREWELL: Duration = Duration::from_secs(1);

/// Packets taken in spite of a full house after the socket was left unread, so that pings get through.
const BREATH: u32 = 128;

/// Numbers the connections of one session. Packet ids are only unique within one of them: an acknowledgement that
/// outlives its connection could acknowledge another message under the same packet id, which would then be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Epoch(u64);

/// One publish of one connection. As a number: epoch, then whether it is QoS 2, then the packet id (0: QoS 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) epoch: Epoch,
    twice_handshaken: bool,
    packet: u16,
}

/// A connection and what is under way on it.
pub(super) struct Link {
    pub(super) epoch: Epoch,
    client: AsyncClient,
    /// Offered, and not yet answered.
    waiting: usize,
    breath: u32,
    /// Publishes that hold several measurements: how many of them are not durable yet.
    several: HashMap<u16, usize>,
    connected: Option<Instant>,
    /// Something became durable over this connection.
    useful: bool,
    closing: Option<Closing>,
}

/// Nothing more is taken; when the last answer is in, or at the deadline, the connection ends.
#[derive(Debug, Clone, Copy)]
struct Closing {
    deadline: Instant,
    farewell_said: bool,
}

impl Epoch {
    pub(super) const FIRST: Self = Self(1);

    pub(super) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Token {
    pub(super) fn of(epoch: Epoch, publish: &Publish) -> Self {
        Self { epoch, twice_handshaken: publish.qos == QoS::ExactlyOnce, packet: publish.pkid }
    }

    pub(super) fn to_number(self) -> u64 {
        (self.epoch.0 << 17) | (u64::from(self.twice_handshaken) << 16) | u64::from(self.packet)
    }

    pub(super) fn from_number(number: u64) -> Self {
        let packet = u16::try_from(number & 0xffff).unwrap_or_default();
        Self { epoch: Epoch(number >> 17), twice_handshaken: (number >> 16) & 1 == 1, packet }
    }

    fn acknowledgement(self) -> Option<ManualAck> {
        match (self.packet, self.twice_handshaken) {
            (0, _) => None,
            (packet, false) => Some(ManualAck::PubAck(PubAck::new(packet))),
            (packet, true) => Some(ManualAck::PubRec(PubRec::new(packet))),
        }
    }
}

impl Link {
    pub(super) fn new(epoch: Epoch, client: AsyncClient) -> Self {
        Self {
            epoch,
            client,
            waiting: 0,
            breath: 0,
            several: HashMap::new(),
            connected: None,
            useful: false,
            closing: None,
        }
    }

    pub(super) fn client(&self) -> &AsyncClient {
        &self.client
    }

    pub(super) fn mark_connected(&mut self) {
        self.connected = Some(Instant::now());
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected.is_some()
    }

    /// A publish becomes so many events: it is acknowledged when all of them are durable.
    pub(super) fn expect(&mut self, token: Token, events: usize) {
        if events > 1 && token.packet != 0 {
            self.several.insert(token.packet, events);
        }
    }

    pub(super) fn mark_offered(&mut self) {
        self.waiting += 1;
    }

    /// The publish is durable: acknowledge it. Only this connection's tokens may be handed in.
    pub(super) fn acknowledge(&mut self, token: Token, grace: Duration) {
        self.waiting = self.waiting.saturating_sub(1);
        self.useful = true;
        if let Some(left) = self.several.get_mut(&token.packet) {
            *left -= 1;
            if *left > 0 {
                return;
            }
            self.several.remove(&token.packet);
        }
        let Some(acknowledgement) = token.acknowledgement() else { return };
        // Never awaited: this task is the one that empties the request channel, which holds one for every packet id.
        if self.client.try_manual_ack(acknowledgement).is_err() {
            self.close(grace);
        }
    }

    /// The publish could not be made durable. The broker delivers it again only on a new connection.
    pub(super) fn leave_unacknowledged(&mut self, grace: Duration) {
        self.waiting = self.waiting.saturating_sub(1);
        self.close(grace);
    }

    /// Takes nothing more, lets answers come in for `grace` at most, and then ends the connection.
    pub(super) fn close(&mut self, grace: Duration) {
        if self.closing.is_none() {
            self.closing =
                Some(Closing { deadline: Instant::now() + grace + FAREWELL, farewell_said: false });
        }
    }

    /// Says farewell once nothing is waited for. It stands behind the last acknowledgements in the same channel.
    pub(super) fn part_when_drained(&mut self) {
        let Some(closing) = &mut self.closing else { return };
        let late = Instant::now() + FAREWELL >= closing.deadline;
        if !closing.farewell_said && (self.waiting == 0 || late) {
            closing.farewell_said = true;
            // Refused only by a full or closed channel; the deadline ends the connection then.
            let _ = self.client.try_disconnect_with_timeout(FAREWELL);
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// When to look again whether it is time to part, or to end without a farewell.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let closing = self.closing?;
        Some(if closing.farewell_said { closing.deadline } else { closing.deadline - FAREWELL })
    }

    pub(super) fn is_overdue(&self) -> bool {
        self.closing.is_some_and(|closing| Instant::now() >= closing.deadline)
    }

    /// Whether so much waits for answers that the socket is to be left unread for a while.
    pub(super) fn must_hold(&mut self, high_water: usize) -> bool {
        if self.closing.is_some() || self.waiting < high_water {
            return false;
        }
        self.breath = self.breath.saturating_sub(1);
        self.breath == 0
    }

    pub(super) fn has_room(&self, high_water: usize) -> bool {
        self.waiting <= high_water / 2
    }

    pub(super) fn draw_breath(&mut self) {
        self.breath = BREATH;
    }

    /// Whether the connection did what it is for, so that the next may be tried soon.
    pub(super) fn was_good(&self, long: Duration) -> bool {
        self.useful || self.connected.is_some_and(|since| since.elapsed() >= long)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_being_a_number() {
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
            for packet in [0, 1, 255, 256, u16::MAX] {
                for epoch in [Epoch::FIRST, Epoch::FIRST.next(), Epoch(1 << 40)] {
                    let mut publish = Publish::new("t", qos, Vec::new());
                    publish.pkid = packet;
                    let token = Token::of(epoch, &publish);
                    assert_eq!(Token::from_number(token.to_number()), token);
                }
            }
        }
    }
}
