//! The signalling edge as a stranger meets it: a real server on a free port, real sockets, a real
//! database file; no media.
//!
//! - `edge`: every route, its headers, foreign origins, the roll as a file
//! - `sockets`: what a socket may and may not do, and that it hurts nobody else
//! - `history`: what is left of lessons: totals, excuses, rolls without evidence
//! - `lessons`: a lesson from start to end, through restarts
//! - `school_people`: getting in: invitations, logins, personal links, who may be changed
//! - `school_classes`: rosters, links, tickets into lessons, rolls for the school
//! - `school_office`: settings, tools, the audit, and who may call what

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod edge;
mod history;
mod lessons;
mod school;
mod school_classes;
mod school_office;
mod school_people;
mod server;
mod sockets;
