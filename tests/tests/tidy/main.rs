//! The rules of the repository that no compiler knows: what must not be there, how long a file may
//! be, which documents and which code say the same. Reads the source tree; changes nothing.

mod architecture;
mod cases;
mod documents;
mod files;
mod hygiene;
mod limits;
