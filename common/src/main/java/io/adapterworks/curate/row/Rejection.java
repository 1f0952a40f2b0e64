package io.adapterworks.curate.row;

import java.util.Objects;

/**
 * Why a row was dropped.
 *
 * @param rule which rule
 * @param score what it measured
 * @param threshold what it asked for
 * @param reason the same in words
 */
public record Rejection(String rule, double score, double threshold, String reason) {
  public Rejection {
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(reason, "reason");
  }
}
