//! A test must not make what it asserts: what it enters, arranges, mocks or hands over is there whether the product works
//! or not.

pub mod arranged;
pub mod backend;
pub mod evidence_calls;
pub mod handed_over;
pub mod own_input;
pub mod partial_mocks;
pub mod rendered;
pub mod staged;
pub mod yielded_elements;
