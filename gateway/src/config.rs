//! What the program needs, validated.
