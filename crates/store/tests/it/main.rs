//! The store from outside, on real databases: no fakes.
//!
//! | File | What a school is promised |
//! |---|---|
//! | [`reopen`] | what was written is there after a restart, whole |
//! | [`class`] | what staff decided of a lesson stays, and so does its chat |
//! | [`roll`] | decisions stay, and a roll outlives its evidence |
//! | [`opening`] | a database that cannot be used is named with what to do, without its secrets |
//! | [`outage`] | a database that goes away or hangs loses nothing and stops nobody |
//! | [`kill`] | `kill -9` while the database is away loses nothing that was acknowledged |
//! | [`school`] | people, doors, rosters and the audit are the same on both |
//! | [`backup`] | a copy made while the server writes is whole |
//!
//! Invariant: a test inside [`on_both!`](support) runs on SQLite and on PostgreSQL; where PostgreSQL
//! is not installed, that half says SKIPPED. [`support`] makes the databases.

#[macro_use]
mod support;

mod backup;
mod class;
mod kill;
mod opening;
mod outage;
mod reopen;
mod roll;
mod school;
