package io.adapterworks.registry;

import java.time.Instant;
import java.util.OptionalInt;

/**
 * One entry of an alias's history.
 *
 * @param sequence counts the moves of this alias from 1
 * @param previous the version it pointed at before; empty at its first move
 * @param by the person or job that moved it
 */
public record AliasMove(
    String adapter,
    String alias,
    int sequence,
    int version,
    OptionalInt previous,
    Instant at,
    String reason,
    String by) {}
