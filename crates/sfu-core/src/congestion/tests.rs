//! Closed loops in virtual time, and what receivers may claim.

mod feedback;
mod links;
mod parts;
mod path;
mod reports;
