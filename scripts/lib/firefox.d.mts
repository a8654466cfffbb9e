export declare function findFirefox(): string | null;
