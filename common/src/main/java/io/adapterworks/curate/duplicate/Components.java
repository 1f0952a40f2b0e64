package io.adapterworks.curate.duplicate;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Connected components of a graph given by its edges (union-find with path halving, Tarjan and van
 * Leeuwen 1984). The name of a component is its smallest node, so it depends neither on the order
 * of the edges nor on which of several paths connect it.
 */
public final class Components {
  private final Map<Long, Long> parents = new HashMap<>();

  public void connect(long left, long right) {
    long a = find(left);
    long b = find(right);
    if (a != b) {
      parents.put(Math.max(a, b), Math.min(a, b));
      parents.putIfAbsent(Math.min(a, b), Math.min(a, b));
    }
  }

  /** The smallest node connected with {@code node}; the node itself where it has no edge. */
  public long find(long node) {
    long current = node;
    Long parent = parents.get(current);
    while (parent != null && parent != current) {
      Long grandparent = parents.get(parent);
      if (grandparent != null && !grandparent.equals(parent)) {
        parents.put(current, grandparent);
      }
      current = parent;
      parent = parents.get(current);
    }
    return current;
  }

  /** Every node that has an edge, with the name of its component. */
  public Map<Long, Long> all() {
    Map<Long, Long> names = new HashMap<>();
    for (Long node : Map.copyOf(parents).keySet()) {
      names.put(node, find(node));
    }
    return names;
  }

  /** The nodes of every component that one of {@code nodes} is in, with its name. */
  public Map<Long, Long> around(Collection<Long> nodes) {
    Set<Long> touched = new HashSet<>();
    Map<Long, Long> names = new HashMap<>();
    for (Long node : nodes) {
      names.put(node, find(node));
      touched.add(find(node));
    }
    all()
        .forEach(
            (node, name) -> {
              if (touched.contains(name)) {
                names.put(node, name);
              }
            });
    return names;
  }
}
