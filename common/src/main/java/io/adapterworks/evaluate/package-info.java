/** How good a classifier is, how sure one may be of that, and how it compares with another. */
package io.adapterworks.evaluate;
