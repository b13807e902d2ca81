//! The program behind `make bench`: our figures beside what they are held against.
//!
//! A packet's way here: [`media`] makes it, [`endpoint`] seals it, [`generator`] sends it through
//! [`sockets`] to a [`subject`] (a [`server`] behind its [`signalling`], the [`null_forwarder`], or
//! [`janus`]), and counts by [`reception`] what comes back. A [`window`] holds that against what
//! the subject used; [`rows`] say which [`scene`] is measured and [`report`] prints it.
//!
//! To put something else under load, give it a [`door::Door`]: how a participant joins and gets
//! the other side's description is all the generator has to be told.
//!
//! Invariant: the generator is one thread on a core of its own; nothing under load shares it unless
//! the row says so.

pub mod door;
pub mod endpoint;
pub mod generator;
pub mod in_memory;
pub mod janus;
pub mod media;
pub mod null_forwarder;
pub mod offer;
pub mod reception;
pub mod report;
pub mod rows;
pub mod scene;
pub mod server;
pub mod signalling;
pub mod sockets;
pub mod statistics;
pub mod subject;
pub mod sweep;
pub mod usage;
pub mod window;
