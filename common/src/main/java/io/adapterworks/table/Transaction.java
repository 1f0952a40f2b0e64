package io.adapterworks.table;

import io.adapterworks.error.Check;

/**
 * Names a write so that it happens once: a table takes a write of an application only if its
 * version is higher than the last one it took from that application (Delta's {@code txn} action).
 */
public record Transaction(String application, long version) {
  public Transaction {
    Check.notBlank("transaction.application", application);
  }
}
