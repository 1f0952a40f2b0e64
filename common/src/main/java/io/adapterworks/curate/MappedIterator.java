package io.adapterworks.curate;

import java.util.Iterator;
import java.util.function.Function;

/** Another iterator's items, each as a function makes it. */
record MappedIterator<A, B>(Iterator<A> items, Function<A, B> function) implements Iterator<B> {
  @Override
  public boolean hasNext() {
    return items.hasNext();
  }

  @Override
  public B next() {
    return function.apply(items.next());
  }
}
