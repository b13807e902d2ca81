//! The whole server over loopback, with bots that share no media code with it.
//!
//! | File | What a person is promised |
//! |---|---|
//! | [`join`] | who joins hears and sees the others, and only them, soon, with nothing lost |
//! | [`isolation`] | not one packet crosses from a lesson to another, or to somebody who left |
//! | [`share`] | only who may share is seen sharing; a teacher always can |
//! | [`front`] | who waits, who was put out, who is muted: the server sees to it, not the page |
//! | [`seats`] | a refreshed page, a lost socket, a changed network: the same seat |
//! | [`roll`] | the roll says who was here, live and as CSV, whatever the socket says |
//! | [`truth`] | of late, early, absent, deaf and renamed pupils the roll says what happened |
//! | [`crash`] | `kill -9` loses no seat and no token |
//! | [`database`] | a lesson goes on without its database, and loses nothing of its roll |
//! | [`load`] | the load test says what is so, of this server and of a broken one |
//! | [`scenarios`] | a stampede, comings and goings, a storm of hands, rubbish: a lesson bears each |
//! | [`counters`] | its figures are those of the kernel's own counters |
//! | [`tls`] | it knows a school's server by the school's own authority, and no other for it |
//! | [`school`] | the first start shows how to become the administrator, and nobody else can |
//! | [`churn`] | comings and goings do not disturb those who stay |
//! | [`hostile`] | rubbish gets a clear no, or silence, and nobody else notices |
//! | [`programs`] | a stream key publishes and plays its lesson, until it is renewed, and no more |
//! | [`whip`] | programs publish and play, and are people of the lesson |
//!
//! [`server`] starts the server, [`class`] a lesson in it, [`trials`] the load test in one.
//!
//! Invariant: no test sleeps for luck. Each waits for a condition with a deadline, and "nothing
//! happens" is always judged while something else provably does.

mod churn;
mod class;
mod counters;
mod crash;
mod database;
mod front;
mod hostile;
mod isolation;
mod join;
mod load;
mod programs;
mod roll;
mod scenarios;
mod school;
mod seats;
mod server;
mod share;
mod tls;
mod trials;
mod truth;
mod whip;
