-- Whether anybody has ever got in from a place: strangers who use up what all may leave don't shut these out.
create index known_places_place on known_places (place);
