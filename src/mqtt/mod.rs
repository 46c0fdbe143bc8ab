//! The edge to home devices: broker session, topics, events in and acknowledgements back.
