//! The one way in. Edges offer events; a single writer commits all that wait in one transaction; only then are they
//! answered. The queue is bounded: when it is full the edge is told so and acknowledges nothing.

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::domain::event::Event;

/// What became of an event that is now durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Settled {
    Accepted,
    Duplicate,
    Rejected,
    Held,
}

/// Why an event is not durable, so that nothing may be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotKept {
    /// The queue is full: try again soon.
    #[error("too many events are waiting")]
    Full,
    /// The store cannot commit, or we are stopping.
    #[error("the event could not be stored")]
    Unavailable,
}

/// The answer to one offered event, as a broker session wants it: by the number it gave.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    pub token: u64,
    pub result: Result<Settled, NotKept>,
}

/// Who waits for the answer.
#[derive(Debug)]
pub enum Asker {
    /// One request, one answer (a webhook).
    One(oneshot::Sender<Result<Settled, NotKept>>),
    /// A stream of events from one session, each with a number of the session's own.
    Session { token: u64, answers: mpsc::UnboundedSender<Answer> },
}

/// An event in the queue.
#[derive(Debug)]
pub struct Waiting {
    pub event: Event,
    pub asker: Asker,
}

/// The way in, cloned to every edge.
#[derive(Debug, Clone)]
pub struct Intake {
    queue: mpsc::Sender<Waiting>,
}

impl Intake {
    /// Takes an event if there is room; the asker is answered once it is durable, or cannot be. Never waits.
    pub fn offer(&self, event: Event, asker: Asker) -> Result<(), NotKept> {
        self.queue.try_send(Waiting { event, asker }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => NotKept::Full,
            mpsc::error::TrySendError::Closed(_) => NotKept::Unavailable,
        })
    }

    pub fn depth(&self) -> Depth {
        Depth(self.queue.downgrade())
    }

    /// Offers an event and waits until it is durable. Cancelling the wait does not take the event back.
    pub async fn submit(&self, event: Event) -> Result<Settled, NotKept> {
        let (sender, receiver) = oneshot::channel();
        self.offer(event, Asker::One(sender))?;
        receiver.await.unwrap_or(Err(NotKept::Unavailable))
    }
}

/// How many events wait, for whoever only looks: it keeps no way in open.
#[derive(Debug, Clone)]
pub struct Depth(mpsc::WeakSender<Waiting>);

impl Depth {
    pub fn waiting(&self) -> usize {
        self.0.upgrade().map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }
}

/// A way in and the far end of its queue. `capacity` bounds how many events may wait.
pub fn channel(capacity: usize) -> (Intake, mpsc::Receiver<Waiting>) {
    let (queue, waiting) = mpsc::channel(capacity);
    (Intake { queue }, waiting)
}

impl Asker {
    /// Answers; an asker that has gone away is no fault.
    pub fn answer(self, result: Result<Settled, NotKept>) {
        match self {
            Self::One(sender) => drop(sender.send(result)),
            Self::Session { token, answers } => drop(answers.send(Answer { token, result })),
        }
    }
}
