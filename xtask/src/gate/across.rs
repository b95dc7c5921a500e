//! What is settled across the files of a change, before each of them is compared by itself: what moved or got another name,
//! and what stands elsewhere now but does the same.

pub mod bearer;
pub mod classes;
pub mod enveloped;
pub mod enzyme;
pub mod hooked;
pub mod inlined;
pub mod keys;
pub mod lacking;
pub mod modules;
pub mod objects;
pub mod patched;
pub mod paths;
pub mod pinned;
pub mod polled;
pub mod refound;
pub mod renamed;
pub mod required;
pub mod retyped;
pub mod roots;
pub mod sessions;
pub mod surroundings;
pub mod tidied;
pub mod unique;
pub mod upgraded;
pub mod vue;
