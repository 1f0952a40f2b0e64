package io.adapterworks.evaluate.report;

/** One line of what made a model, such as {@code Seed} and {@code 42}. */
public record Fact(String name, String value) {}
