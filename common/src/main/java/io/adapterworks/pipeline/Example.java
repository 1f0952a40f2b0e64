package io.adapterworks.pipeline;

/**
 * A text and the answer to it, as curated_examples holds them.
 *
 * @param text one turn, or several as a transcript
 */
public record Example(String text, String response) {}
