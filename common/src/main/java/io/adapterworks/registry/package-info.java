/** Adapter versions, the aliases that point at them, and who moved an alias when and why. */
package io.adapterworks.registry;
