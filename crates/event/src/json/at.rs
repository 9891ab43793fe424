//! Where in a message something stands, as a JSON pointer (RFC 6901).

use seawall_model::{Rejection, RejectionCode};

/// Longest part of a foreign name that a pointer repeats, in bytes.
const POINTER_STEP_BYTES_MAX: usize = 64;

/// A place in a message: a chain of steps on the stack, written out only on a fault.
#[derive(Clone, Copy)]
pub(crate) struct At<'p> {
    parent: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

impl<'p> At<'p> {
    /// The whole message.
    pub(crate) const ROOT: Self = Self { parent: None, step: Step::Root };

    /// A field of the object here.
    pub(crate) fn key(&'p self, name: &'p str) -> Self {
        Self { parent: Some(self), step: Step::Key(name) }
    }

    /// An element of the array here.
    pub(crate) fn index(&'p self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    /// The JSON pointer of this place.
    pub(crate) fn pointer(&self) -> String {
        let mut pointer = self.parent.map_or_else(String::new, At::pointer);
        match self.step {
            Step::Root => {}
            Step::Index(index) => pointer.push_str(&format!("/{index}")),
            Step::Key(name) => {
                pointer.push('/');
                push_step(&mut pointer, name);
            }
        }
        pointer
    }

    /// A rejection of what stands here.
    pub(crate) fn reject(
        &self,
        code: RejectionCode,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Rejection {
        Rejection::new(code, self.pointer(), detail, remedy)
    }

    /// Something must stand here.
    pub(crate) fn missing(&self, remedy: &str) -> Rejection {
        self.reject(RejectionCode::Missing, "the field is missing", remedy)
    }

    /// What stands here has the wrong type or value.
    pub(crate) fn invalid(&self, detail: impl Into<String>, remedy: &str) -> Rejection {
        self.reject(RejectionCode::Invalid, detail, remedy)
    }
}

fn push_step(pointer: &mut String, name: &str) {
    let start = pointer.len();
    for c in name.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c if c.is_control() => pointer.push('\u{fffd}'),
            c => pointer.push(c),
        }
        if pointer.len() - start >= POINTER_STEP_BYTES_MAX {
            pointer.push('…');
            break;
        }
    }
}
