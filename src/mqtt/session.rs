//! The session with the broker: connect, subscribe, take publishes, acknowledge what is durable, and start again.
//!
//! One task does all of it. It never waits for the intake or for its own request channel, so it always comes back to
//! the socket in time for the keep-alive.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, Outgoing, Packet, Publish, PublishOptions, QoS, SubAck,
    SubscribeFilterInput, SubscribeReasonCode,
};
use tokio::select;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::arrival;
use super::backoff::Backoff;
use super::broker::BrokerConfig;
use super::link::{Epoch, Link, Token};
use super::parting::explain;
use super::topic::{filters, profile_filters};
use crate::clock::Clock;
use crate::domain::format::sparkplug::{Births, Rebirths};
use crate::domain::profile::Book;
use crate::engine::id::IdSource;
use crate::engine::intake::{Answer, Asker, Intake};
use crate::telemetry::{Part, Telemetry};

/// Room for an acknowledgement of every packet id, every node that may be asked for its birth, a subscription and a farewell.
const REQUESTS: usize = 65_535 + Rebirths::MOST + 16;

/// Answers taken in one go.
const ANSWERS: usize = 1024;

/// Keeps a session with the broker until `stop`, whatever happens to either side.
///
/// Every publish is offered to the intake once and acknowledged when its answer says that it is durable. On `stop`
/// nothing more is taken; answers that are due get a few seconds, and what stays unacknowledged is delivered again to
/// the next session under the same client id.
pub async fn run(
    config: BrokerConfig,
    intake: Intake,
    ids: Arc<IdSource>,
    clock: Clock,
    telemetry: Telemetry,
    stop: CancellationToken,
) {
    let mut backoff = Backoff::new(config.pace.retry_first, config.pace.retry_ceiling);
    let (answer_to, answers) = unbounded_channel();
    let batch = Vec::with_capacity(ANSWERS);
    let random = SystemRandom::new();
    let changes = config.foreign.as_ref().map(|foreign| foreign.catalog.changes());
    let mut session = Session {
        config,
        intake,
        ids,
        clock,
        telemetry,
        stop,
        answer_to,
        answers,
        batch,
        random,
        changes,
        topics: Vec::new(),
        births: Births::default(),
        rebirths: Rebirths::default(),
    };
    let mut epoch = Epoch::FIRST;
    while !session.stop.is_cancelled() {
        let was_good = session.serve(epoch).await;
        session.telemetry.set_health(Part::Broker, false);
        if was_good {
            backoff.reset();
        }
        epoch = epoch.next();
        let wait = backoff.wait(session.chance());
        session.rest(wait).await;
    }
}

struct Session {
    config: BrokerConfig,
    intake: Intake,
    ids: Arc<IdSource>,
    clock: Clock,
    telemetry: Telemetry,
    stop: CancellationToken,
    answer_to: UnboundedSender<Answer>,
    answers: UnboundedReceiver<Answer>,
    batch: Vec<Answer>,
    random: SystemRandom,
    /// Tells when other profiles have come into force.
    changes: Option<watch::Receiver<()>>,
    /// The profiles' topics that the broker was last asked for.
    topics: Vec<String>,
    /// What Sparkplug nodes said at birth.
    births: Births,
    /// Whom we have asked to say it again, whatever became of the connection.
    rebirths: Rebirths,
}

impl Session {
    /// One connection from its first byte to its last. Returns whether it did what it is for.
    ///
    /// Each connection has its own client, so that acknowledgements queued for a lost one die with it.
    async fn serve(&mut self, epoch: Epoch) -> bool {
        let (client, mut events) = AsyncClient::builder(self.config.options()).capacity(REQUESTS).build();
        events.network_options.set_tcp_nodelay(true);
        let mut link = Link::new(epoch, client);
        // A node may be born anew while nobody listens, with other aliases.
        self.births = Births::default();
        loop {
            if link.must_hold(self.config.pace.high_water) {
                self.hold(&mut link).await;
            }
            match self.step(&mut link, &mut events).await {
                Some(Ok(Event::Outgoing(Outgoing::Disconnect))) | None => break,
                Some(Ok(Event::Incoming(Packet::ConnAck(_)))) => self.greet(&mut link).await,
                Some(Ok(event)) => {
                    let devices = self.devices().await;
                    self.take(&mut link, event, devices.as_deref());
                }
                Some(Err(error)) => {
                    warn!(reason = explain(&error), "no connection to the MQTT broker");
                    break;
                }
            }
        }
        if link.is_connected() {
            Telemetry::count(&self.telemetry.broker_sessions, "lost");
        }
        link.was_good(self.config.pace.retry_ceiling)
    }

    /// The next packet, while answers are turned into acknowledgements. Nothing when the connection is to end.
    ///
    /// A poll is never dropped half way while the connection lives: it may hold a packet that is not yet written.
    async fn step(
        &mut self,
        link: &mut Link,
        events: &mut EventLoop,
    ) -> Option<Result<Event, ConnectionError>> {
        let mut poll = pin!(events.poll());
        loop {
            let deadline = link.deadline();
            select! {
                biased;
                () = self.stop.cancelled(), if !link.is_closing() => {
                    if !link.is_connected() {
                        return None;
                    }
                    link.close(self.config.pace.grace);
                    link.part_when_drained();
                }
                _ = self.answers.recv_many(&mut self.batch, ANSWERS) => self.settle(link),
                () = until(deadline) => {
                    if link.is_overdue() {
                        return None;
                    }
                    link.part_when_drained();
                }
                () = changed(&mut self.changes), if link.is_connected() && !link.is_closing() => {
                    listen_anew(&self.config, link, &mut self.topics).await;
                }
                polled = &mut poll => return Some(polled),
            }
        }
    }

    /// Leaves the socket unread until answers have made room, so that a broker that ignores its own window cannot
    /// fill the intake. Not for long: the broker expects to hear from us.
    async fn hold(&mut self, link: &mut Link) {
        let pace = &self.config.pace;
        let (high_water, grace) = (pace.high_water, pace.grace);
        let until = Instant::now() + pace.unread;
        while !link.is_closing() && !link.has_room(high_water) {
            select! {
                biased;
                () = self.stop.cancelled() => link.close(grace),
                _ = self.answers.recv_many(&mut self.batch, ANSWERS) => self.settle(link),
                () = sleep_until(until) => return link.draw_breath(),
            }
        }
    }

    /// Turns answers into acknowledgements. Those of earlier connections are too late: their messages come again.
    fn settle(&mut self, link: &mut Link) {
        let grace = self.config.pace.grace;
        for answer in self.batch.drain(..) {
            let token = Token::from_number(answer.token);
            match answer.result {
                _ if token.epoch != link.epoch => {
                    self.telemetry.stale_acknowledgements.inc();
                }
                Ok(_) => link.acknowledge(token, grace),
                Err(not_kept) => {
                    if !link.is_closing() {
                        warn!(%not_kept, "a device message was not stored, the broker will deliver it again");
                    }
                    link.leave_unacknowledged(grace);
                }
            }
        }
        link.part_when_drained();
    }

    /// The profiles in force, where any are in use.
    async fn devices(&self) -> Option<Arc<Book>> {
        let foreign = self.config.foreign.as_ref()?;
        Some(Arc::clone(&foreign.catalog.hold().await.devices))
    }

    fn take(&mut self, link: &mut Link, event: Event, devices: Option<&Book>) {
        match event {
            Event::Incoming(Packet::Publish(publish)) => self.offer(link, &publish, devices),
            Event::Incoming(Packet::SubAck(granted)) => self.check_subscription(link, &granted),
            Event::Incoming(_) | Event::Outgoing(_) => {}
        }
    }

    /// Subscribes on every connection: the broker may have lost the session, and its word on that is no proof.
    async fn greet(&mut self, link: &mut Link) {
        link.mark_connected();
        Telemetry::count(&self.telemetry.broker_sessions, "connected");
        self.topics = match &self.config.foreign {
            Some(foreign) => foreign.topics().await,
            None => Vec::new(),
        };
        subscribe(&self.config, link, &self.topics);
    }

    /// The codes stand in the order of [`filters`]: readings, status, profiles.
    fn check_subscription(&mut self, link: &mut Link, granted: &SubAck) {
        let refused =
            |code: Option<&SubscribeReasonCode>| !matches!(code, Some(SubscribeReasonCode::Success(_)));
        let weak = |code: &SubscribeReasonCode| *code == SubscribeReasonCode::Success(QoS::AtMostOnce);
        let (readings, status) = (granted.return_codes.first(), granted.return_codes.get(1));
        if refused(readings) {
            error!("the MQTT broker refuses the subscription to readings: check its access rules");
            link.close(Duration::ZERO);
        } else if granted.return_codes.iter().skip(2).any(|code| refused(Some(code))) {
            // The others are heard all the same; who looks at our health sees that something is wrong.
            error!("the MQTT broker refuses the topics of a device profile: check its access rules");
            self.telemetry.set_health(Part::Broker, false);
        } else if refused(status) || granted.return_codes.iter().any(weak) {
            error!("the MQTT broker grants less than readings and status at QoS 1: check its access rules");
        } else {
            info!("subscribed at the MQTT broker");
            self.telemetry.set_health(Part::Broker, true);
        }
    }

    fn offer(&mut self, link: &mut Link, publish: &Publish, devices: Option<&Book>) {
        // Not acknowledged, so it comes again.
        if link.is_closing() {
            return;
        }
        let now = self.clock.now();
        let events = arrival::read(publish, devices, &mut self.births, &self.ids, now);
        self.ask_for_births(link, now);
        let token = Token::of(link.epoch, publish);
        if events.is_empty() {
            Telemetry::count(&self.telemetry.intake_events, "no_reading");
            if let (Some(foreign), Some(devices)) = (&self.config.foreign, devices) {
                let topic = String::from_utf8_lossy(&publish.topic);
                let reader = devices.reader_of(&topic, &publish.payload);
                let profile = reader.map(|reader| reader.name()).unwrap_or_default();
                foreign.ignored.note(&profile, &topic, self.clock.now());
            }
            link.mark_offered();
            return link.acknowledge(token, self.config.pace.grace);
        }
        link.expect(token, events.len());
        for event in events {
            link.mark_offered();
            let asker = Asker::Session { token: token.to_number(), answers: self.answer_to.clone() };
            if let Err(not_kept) = self.intake.offer(event, asker) {
                Telemetry::count(&self.telemetry.intake_events, "refused");
                warn!(%not_kept, "a device message was not taken, the broker will deliver it again");
                link.leave_unacknowledged(self.config.pace.grace);
                return link.part_when_drained();
            }
        }
    }

    /// Asks a Sparkplug node that is not understood for its names. Of a shared subscription each member hears a part: no
    /// number in a row would follow there, and the birth would reach any of them.
    fn ask_for_births(&mut self, link: &Link, now: Timestamp) {
        let Some(node) = self.births.take_lost().filter(|_| self.config.share_group.is_none()) else {
            return;
        };
        let Some(command) = self.rebirths.ask(node, now) else { return };
        let options = PublishOptions::at_most_once();
        match link.client().try_publish(command.topic, command.payload, options) {
            Ok(()) => info!("a Sparkplug node was asked to be born again"),
            // What it says stays in doubt, and it is asked again in a minute.
            Err(_) => warn!("a Sparkplug node could not be asked to be born again"),
        }
    }

    /// Waits before the next connection, or until `stop`.
    async fn rest(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        loop {
            select! {
                biased;
                () = self.stop.cancelled() => return,
                () = sleep_until(until) => return,
                _ = self.answers.recv_many(&mut self.batch, ANSWERS) => {
                    self.telemetry.stale_acknowledgements.inc_by(self.batch.len() as u64);
                    self.batch.clear();
                }
            }
        }
    }

    fn chance(&self) -> u32 {
        let mut bytes = [0; 4];
        // Without randomness the waits still grow; they are only less spread out.
        let _ = self.random.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }
}

fn subscribe(config: &BrokerConfig, link: &mut Link, topics: &[String]) {
    let filters: Vec<_> = filters(config.share_group.as_deref(), topics)
        .into_iter()
        .map(|filter| SubscribeFilterInput::new(filter, QoS::AtLeastOnce))
        .collect();
    if link.client().try_subscribe_many(filters).is_err() {
        error!("the subscription could not be sent");
        link.close(Duration::ZERO);
    }
}

/// Other profiles are in force: asks for all that is wanted now, then takes back what is wanted no more.
async fn listen_anew(config: &BrokerConfig, link: &mut Link, topics: &mut Vec<String>) {
    let Some(foreign) = &config.foreign else { return };
    let before = std::mem::replace(topics, foreign.topics().await);
    if before == *topics {
        return;
    }
    info!("the topics of the device profiles in use have changed");
    subscribe(config, link, topics);
    let gone: Vec<String> = before.into_iter().filter(|topic| !topics.contains(topic)).collect();
    for filter in profile_filters(config.share_group.as_deref(), &gone) {
        if link.client().try_unsubscribe(filter).is_err() {
            error!("the subscription could not be taken back");
            link.close(Duration::ZERO);
        }
    }
}

/// When other profiles have come into force; never where none are in use.
async fn changed(changes: &mut Option<watch::Receiver<()>>) {
    let Some(changes) = changes else { return pending().await };
    if changes.changed().await.is_err() {
        pending().await
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
